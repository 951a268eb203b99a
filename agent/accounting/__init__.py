"""Pure energy accounting: counters, intervals, streams, factors, conversion. Knows no bytes, files, clocks or sockets."""
