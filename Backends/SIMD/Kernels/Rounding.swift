/// −1 or +1; ±0 and NaN are unchanged.
@inline(always) func signLanes(_ x: Lanes) -> Lanes {
    select(x .< 0, -1, select(x .> 0, 1, x))
}

/// The largest integer ≤ x. Without the rounding instruction, which SSE2 lacks.
@inline(always) func floorLanes(_ x: Lanes) -> Lanes {
    let magnitude = absoluteLanes(x)
    let limit = Lanes(repeating: 8_388_608)  // from 2^23 on every float is an integer
    let nearest = withSign(of: x, (magnitude + limit) - limit)
    let below = select(nearest .> x, nearest - 1, nearest)
    return select(magnitude .< limit, below, x)
}
