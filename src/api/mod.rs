//! WHAT OPERATORS AND TOOLS ASK: pure request -> reply.
