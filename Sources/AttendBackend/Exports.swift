// Re-exports the request types: backends need one import.
@_exported public import AttendGraph
