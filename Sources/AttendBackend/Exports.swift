// The words of requests come with the protocol: one import serves a backend.
@_exported public import AttendGraph
