/// Widens `n` contiguous 16-bit floats to float32; exact.
package typealias WideningKernel =
    @Sendable @convention(c) (_ x: UnsafePointer<UInt16>, _ y: UnsafeMutablePointer<Float>, _ n: Int) -> Void

/// Rounds `n` contiguous float32 elements to 16 bits, to nearest even.
package typealias NarrowingKernel =
    @Sendable @convention(c) (_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<UInt16>, _ n: Int) -> Void

/// Asks for `n` contiguous 16-bit floats to be brought near; never faults.
package typealias FetchKernel = @Sendable @convention(c) (_ x: UnsafePointer<UInt16>, _ n: Int) -> Void

/// Both directions of one 16-bit type.
package struct ConversionKernels: Sendable {
    package var widen: WideningKernel
    package var narrow: NarrowingKernel
    package var fetch: FetchKernel

    package init(widen: @escaping WideningKernel, narrow: @escaping NarrowingKernel, fetch: @escaping FetchKernel) {
        (self.widen, self.narrow, self.fetch) = (widen, narrow, fetch)
    }
}
