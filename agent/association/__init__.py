"""The association's program: from the participants' yearly documents to the industry's annual form."""
