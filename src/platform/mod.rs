//! OTHER PEOPLE'S PLATFORMS, AS DATA: the source definition; token, request and answer made by it.
