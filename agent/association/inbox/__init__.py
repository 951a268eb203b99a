"""The association's inbox: takes signed documents in, keeps them, asks about them, says who has submitted."""
