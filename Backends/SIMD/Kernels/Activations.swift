/// 1 / (1 + e⁻ˣ), computed as e^x / (1 + e^x) for negative x: no overflow, and small results stay accurate.
@inline(always) func sigmoidLanes(_ x: Lanes) -> Lanes {
    let e = expLanes(negateLanes(absoluteLanes(x)))
    return select(x .< 0, e, Lanes(repeating: 1)) / (e + 1)
}

@inline(always) func siluLanes(_ x: Lanes) -> Lanes { x * sigmoidLanes(x) }

@inline(always) func reluLanes(_ x: Lanes) -> Lanes { select(x .<= 0, 0, x) }

@inline(always) func geluErfLanes(_ x: Lanes) -> Lanes {
    (x * 0.5) * (erfLanes(x * 0.707_106_781_186_547_5) + 1)
}

/// The approximation of Hendrycks and Gimpel (Gaussian Error Linear Units, 2016).
@inline(always) func geluTanhLanes(_ x: Lanes) -> Lanes {
    let cubic = multiplyAdd(x * x * x, Lanes(repeating: 0.044_715), x)
    return (x * 0.5) * (tanhLanes(cubic * 0.797_884_560_802_865_4) + 1)
}
