import Foundation

/// What is written. The sources are files in the folder `Templates`, which are compiled and tested under the name that
/// stands in them.
enum Templates {
    static func swift(_ backend: RequestedBackend, _ attend: AttendPackage) throws -> [NewFile] {
        let (name, type) = (backend.name, backend.name.camelCase)
        let package = """
            // swift-tools-version: 6.2
            import PackageDescription

            let package = Package(
                name: "\(name)",
                platforms: [.macOS(.v26)],
                products: [.library(name: "\(name)", type: .dynamic, targets: ["\(type)Plugin"])],
                dependencies: [\(attend.dependency(from: backend.folder))],
                targets: [
                    .target(
                        name: "\(type)Plugin",
                        dependencies: [
                            .product(name: "AttendBackend", package: "\(attend.identity)"),
                            .product(name: "AttendPlugin", package: "\(attend.identity)")
                        ],
                        path: "Sources",
                        resources: [.copy("lib\(name).json")])
                ]
            )

            """
        return [
            NewFile(path: "Package.swift", text: package),
            NewFile(path: "Sources/\(type).swift", text: try template("Backend.swift", attend, for: backend)),
            NewFile(path: "Sources/lib\(name).json", text: manifest(backend)),
            NewFile(path: "README.md", text: readme(backend)), NewFile(path: ".gitignore", text: ".build/\n")
        ]
    }

    static func c(_ backend: RequestedBackend, _ attend: AttendPackage) throws -> [NewFile] {
        let name = backend.name
        let makefile = """
            lib\(name).so: \(name).c attend_backend.h
            \t$(CC) -std=c99 -Wall -Wextra -O2 -shared -fPIC \(name).c -o $@ -lm

            """
        let header = attend.folder.appending(path: "Sources/CAttendBackend/include/attend_backend.h")
        return [
            NewFile(path: "\(name).c", text: try template("backend.c", attend, for: backend)),
            NewFile(path: "attend_backend.h", text: try read(header)),
            NewFile(path: "lib\(name).json", text: manifest(backend)), NewFile(path: "Makefile", text: makefile),
            NewFile(path: "README.md", text: readme(backend)), NewFile(path: ".gitignore", text: "*.so\n")
        ]
    }

    private static func template(_ file: String, _ attend: AttendPackage, for backend: RequestedBackend) throws
        -> String
    {
        let folder = attend.folder.appending(path: "Plugins/Package/NewBackend/Templates")
        return try read(folder.appending(path: file))
            .replacingOccurrences(of: "TemplateBackend", with: backend.name.camelCase + "Backend")
            .replacingOccurrences(of: "template", with: backend.name)
    }

    private static func read(_ file: URL) throws -> String {
        do {
            return try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw Complaint("\(file.path(percentEncoded: false)) can't be read: \(error.localizedDescription)")
        }
    }

    private static func manifest(_ backend: RequestedBackend) -> String {
        """
        {
          "attend_plugin": 1,
          "name": "\(backend.name)",
          "version": "0.1.0",
          "summary": "a new backend",
          "needs": {"abi": "1.0"}
        }

        """
    }

    private static func readme(_ backend: RequestedBackend) -> String {
        """
        # \(backend.name)

        A backend for Attend. It computes `add` and rejects every other operation.

        \(nextSteps(backend))
        - The tutorial continues to a whole transformer: \
        Sources/AttendPlugin/AttendPlugin.docc/WritingABackend.md in Attend.

        """
    }

    static func nextSteps(_ backend: RequestedBackend) -> String {
        let library = backend.isInC ? "lib\(backend.name).so" : ".build/release/lib\(backend.name).so"
        let source = backend.isInC ? "\(backend.name).c" : "Sources/\(backend.name.camelCase).swift"
        let check =
            backend.isInC
            ? "attend parity --plugin ./\(library) --backend \(backend.name)"
            : "swift package parity --backend \(backend.name)"
        return """
            Next:

                cd \(backend.shownFolder)
                \(backend.isInC ? "make" : "swift build -c release")
                \(check) --operation add
                attend eval GRAPH.json --inputs FILE --plugin ./\(library) --backend \(backend.name) --fallback simd

            - Write the next kernel in \(source). A backend that prepares the primitives runs every model.
            - \(check) checks every operation that it claims.
            """
    }
}
