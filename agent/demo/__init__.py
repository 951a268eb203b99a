"""`atsuen demo`: a whole simulated mill on real protocols, from meters to stored lines, on one machine."""
