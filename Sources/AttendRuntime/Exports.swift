// One import serves what runs graphs: requests and graphs come with it.
@_exported public import AttendBackend
