@_exported public import AttendModels
// All of Attend in one import: graphs, what runs them, models, and the built-in backends.
@_exported public import AttendRegistry
@_exported public import AttendRuntime
