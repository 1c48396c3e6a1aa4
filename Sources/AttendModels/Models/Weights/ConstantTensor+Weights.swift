import AttendRuntime

extension ConstantTensor {
    /// A float32 weight of a file: read now if it is small, else each time its elements are needed.
    ///
    /// - Parameter name: Its name in the file.
    init(weight name: String, _ shape: [Int], read: @escaping @Sendable () throws -> Tensor) throws {
        guard shape.product >= ConstantTensor.deferredElementCount else {
            self = .held(try read())
            return
        }
        self = .deferred(try DeferredTensor(name, .float32, shape, read: read))
    }
}
