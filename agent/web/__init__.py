"""What every web program of ours shares: who may come in, what holds for each request, files of pages, small forms."""
