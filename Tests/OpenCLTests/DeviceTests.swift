import AttendRuntime
import OpenCLBackend
import TestSupport
import Testing

@Suite(.backend("opencl")) struct DeviceTests {
    private var devices: [OpenCLDevice] { get throws { try OpenCLDevice.all(OpenCLLibrary()) } }

    @Test func `a device is chosen by index, type or a part of its name`() throws {
        let devices = try devices
        for device in devices where device.flaw == nil {
            #expect(try OpenCLDevice.choose("\(device.index)", among: devices).index == device.index)
            #expect(try OpenCLDevice.choose(device.typeName, among: devices).typeName == device.typeName)
            #expect(try OpenCLDevice.choose(device.name.uppercased(), among: devices).name == device.name)
            let word = String(device.platformName.prefix(6)).lowercased()
            #expect(try OpenCLDevice.choose(word, among: devices).flaw == nil)
        }
        #expect(try OpenCLDevice.choose(nil, among: devices).flaw == nil)
        #expect(try OpenCLDevice.choose("", among: devices).flaw == nil)
    }

    @Test(arguments: ["99", "-1", "no such device"]) func `what matches nothing is refused with what there is`(
        selector: String
    ) throws {
        let devices = try devices
        let error = #expect(throws: OpenCLUnavailable.self) { try OpenCLDevice.choose(selector, among: devices) }
        let reason = try #require(error).reason
        #expect(reason.contains(selector))
        #expect(reason.contains(devices[0].name))
    }

    @Test func `no device at all is an error of its own`() {
        #expect(throws: OpenCLUnavailable.noDevice(rejected: [])) { try OpenCLDevice.choose(nil, among: []) }
    }

    @Test func `a kernel is made for the backend's own streams and buffers alone`() throws {
        let (mine, other) = (try OpenCLBackend(), ForeignBuffer())
        let error = #expect(throws: BackendError.self) {
            try mine.makeStream().copyIn(scalar(), to: BufferSlice(other))
        }
        #expect("\(try #require(error))".contains("ForeignBuffer"))
    }

    private func scalar() throws -> Tensor { try Tensor([1] as [Float], shape: [1]) }

    private final class ForeignBuffer: DeviceBuffer {
        let byteCount = 4
    }
}
