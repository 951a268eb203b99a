"""The signed yearly document that a participant gives to the association: made, signed, verified, shown, sent."""
