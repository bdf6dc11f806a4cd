//! A text file that a person wrote: TOML or JSON to a tree with places, and problems that point.
