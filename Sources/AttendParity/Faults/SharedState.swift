import AttendRuntime
import Foundation
import Synchronization

/// One buffer of all kernels and threads, for faults that pass results through it.
final class SharedScratch: Sendable {
    private let content = Mutex<Tensor?>(nil)

    /// Puts a tensor in and takes out what is there after a while: another one if another thread ran in between.
    func passed(_ tensor: Tensor, after seconds: Double = 1e-4) -> Tensor? {
        content.withLock { $0 = tensor }
        Thread.sleep(forTimeInterval: seconds)
        return content.withLock { $0 }
    }
}

/// The first tensor of each key, as a cache keeps it whose key lacks what makes others different.
final class KeptTensors: Sendable {
    private let tensors = Mutex<[String: Tensor]>([:])

    func first(_ tensor: Tensor, key: String) -> Tensor {
        tensors.withLock { tensors in
            if let found = tensors[key] { return found }
            tensors[key] = tensor
            return tensor
        }
    }

    /// By dtype and shape.
    func first(_ tensor: Tensor) -> Tensor { first(tensor, key: "\(tensor.dtype) \(tensor.shape)") }
}
