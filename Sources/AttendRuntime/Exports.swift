// Re-exports backends, requests and graphs: programs need one import.
@_exported public import AttendBackend
