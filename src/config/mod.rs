//! THE ONE FILE: text -> Config, or every problem in it, each with line, column and the mend.
