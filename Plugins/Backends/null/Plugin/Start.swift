public import AttendPlugin
private import NullBackend

@c(attend_plugin_start)
public func start(_ host: PluginHandshake?, _ fault: PluginStartFault?) -> PluginStart? {
    NullBackend.export(host, fault)
}
