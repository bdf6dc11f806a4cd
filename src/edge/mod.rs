//! THE WORLD: clocks, sockets, files, threads. Everything above is deaf and blind.
