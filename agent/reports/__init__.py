"""Tables of figures and how they are printed. Figures are rounded here, once."""
