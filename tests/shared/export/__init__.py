"""A package, so that its helpers and fixtures have names of their own."""
