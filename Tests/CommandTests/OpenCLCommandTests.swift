import AttendRegistry
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// OpenCL as a user meets it where something is missing or broken.
@Suite struct OpenCLCommandTests {
    /// A graph of one product, with its inputs beside it.
    private final class Files {
        let folder: String
        var arguments: [String] {
            [
                "eval", "\(folder)/graph.json", "--inputs", "\(folder)/in.safetensors", "--output",
                "\(folder)/out.safetensors"
            ]
        }

        init() throws {
            folder = try AttendProgram.temporaryFolder()
            let builder = GraphBuilder("product")
            let x = try builder.input("x", .float32, [3, 4])
            try builder.output("y", builder.apply(.matmul, [x, x.transposed([1, 0])], named: "the_product"))
            try builder.build().write(to: "\(folder)/graph.json")
            let tensor = try Tensor((0..<12).map { Float($0) - 5 }, shape: [3, 4])
            try SafetensorsFile.write(["x": tensor], to: "\(folder)/in.safetensors")
        }

        func result() throws -> [Float] {
            try SafetensorsFile("\(folder)/out.safetensors").tensor(named: "y").floats()
        }
    }

    @Test(arguments: [
        ["ATTEND_OPENCL_LIBRARY": "/nowhere/libOpenCL.so"], ["OCL_ICD_VENDORS": "/nowhere"],
        ["ATTEND_OPENCL_LIBRARY": "libm.so.6"]
    ])
    func `without library or driver: a message, and no other backend suffers`(environment: [String: String]) throws {
        let list = try AttendProgram.run(["backends"], environment: environment)
        #expect(list.code == 0)
        #expect(list.output.contains("simd (default)"))
        #expect(list.output.contains("apt-get install"))
        #expect(list.output.contains("pocl-opencl-icd"))
        let json = try JSONNode(
            JSONValue(parsing: AttendProgram.run(["backends", "--json"], environment: environment).output))
        let entry = try #require(
            json.required("backends").elements().first { try $0.required("name").string() == "opencl" })
        #expect(try !entry.required("available").bool())
        let files = try Files()
        let refused = try AttendProgram.run(files.arguments + ["--backend", "opencl"], environment: environment)
        #expect(refused.code == 4)
        #expect(refused.output.isEmpty)
        #expect(refused.errors.contains("backend \"opencl\""))
        #expect(refused.errors.contains("pocl-opencl-icd"))
        let simd = try AttendProgram.run(files.arguments + ["--backend", "simd"], environment: environment)
        #expect(simd.code == 0, "\(simd.errors)")
    }

    @Test(.backend("opencl"))
    func `a device that is not there is refused with those that are`() throws {
        let files = try Files()
        for selector in ["99", "no such device"] {
            let named = try AttendProgram.run(files.arguments + ["--backend", "opencl:\(selector)"])
            #expect(named.code == 4)
            #expect(named.errors.contains(selector))
            #expect(named.errors.contains("opencl:0"))
            let variable = try AttendProgram.run(
                files.arguments + ["--backend", "opencl"], environment: ["ATTEND_OPENCL_DEVICE": selector])
            #expect(variable.code == 4)
            #expect(variable.errors.contains("\"\(selector)\" (from ATTEND_OPENCL_DEVICE)"))
        }
        let found = try AttendProgram.run(files.arguments + ["--backend", "opencl:0"])
        #expect(found.code == 0, "\(found.errors)")
        let other = try AttendProgram.run(files.arguments + ["--backend", "simd:0"])
        #expect(other.code == 4)
        #expect(other.errors.contains("has no selectable devices"))
    }

    @Test(.backend("opencl"), arguments: ["cpu", "gpu"])
    func `the class of kernels can be chosen`(name: String) throws {
        let files = try Files()
        let run = try AttendProgram.run(
            files.arguments + ["--backend", "opencl"], environment: ["ATTEND_OPENCL_KERNELS": name])
        #expect(run.code == 0, "\(run.errors)")
        let other = try AttendProgram.run(
            files.arguments + ["--backend", "opencl"], environment: ["ATTEND_OPENCL_KERNELS": name + "s"])
        #expect(other.code == 4)
        #expect(other.errors.contains("cpu or gpu"))
    }

    @Test(.backend("opencl"))
    func `a kernel that does not build names the node, the call and the compiler's words`() throws {
        let files = try Files()
        let environment = [
            "ATTEND_OPENCL_BUILD_OPTIONS": "-D __kernel=garbage", "ATTEND_CACHE": "\(files.folder)/cache"
        ]
        let run = try AttendProgram.run(files.arguments + ["--backend", "opencl"], environment: environment)
        #expect(run.code == 1)
        #expect(run.output.isEmpty)
        for word in ["the_product", "clBuildProgram", "garbage"] { #expect(run.errors.contains(word), "\(run.errors)") }
        #expect(try AttendProgram.run(files.arguments + ["--backend", "simd"], environment: environment).code == 0)
    }

    @Test(.backend("opencl"))
    func `a cache that can't be written is told once, on stderr, and the result is right`() throws {
        let files = try Files()
        #expect(try AttendProgram.run(files.arguments + ["--backend", "reference"]).code == 0)
        let expected = try files.result()
        let environment = ["ATTEND_CACHE": "/dev/null"]
        let run = try AttendProgram.run(files.arguments + ["--backend", "opencl"], environment: environment)
        #expect(run.code == 0)
        #expect(run.output == "y  float32[3, 3]\n")
        #expect(run.errors.components(separatedBy: "can't cache compiled kernels").count == 2, "\(run.errors)")
        #expect(expected.count == 9)
        try expectNear(files.result(), expected, within: 1e-4)
    }
}
