"""Pure energy accounting: counters, intervals, streams, factors. Knows no bytes, files, clocks or sockets."""
