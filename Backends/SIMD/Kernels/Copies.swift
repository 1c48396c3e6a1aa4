/// `y[columns, rows] = x[rows, columns]ᵀ` by register tiles, over strips of rows so that the cache lines being written
/// stay in the first-level cache. Floats only carry the bits: loads, shuffles and stores preserve any 4-byte value.
func transpose(
    _ rows: Int, _ columns: Int, _ x: UnsafeRawPointer, _ xStride: Int, _ y: UnsafeMutableRawPointer, _ yStride: Int
) {
    let x = x.assumingMemoryBound(to: Float.self)
    let y = y.assumingMemoryBound(to: Float.self)
    let wholeRows = rows - rows % laneCount
    let wholeColumns = columns - columns % laneCount
    var j = 0
    while j < wholeColumns {
        var i = 0
        while i < wholeRows {
            transposeTile(x + (i * xStride + j), xStride, y + (j * yStride + i), yStride)
            i &+= laneCount
        }
        j &+= laneCount
    }
    for i in 0..<wholeRows {
        for j in wholeColumns..<columns { y[j * yStride + i] = x[i * xStride + j] }
    }
    for i in wholeRows..<rows {
        for j in 0..<columns { y[j * yStride + i] = x[i * xStride + j] }
    }
}

/// `y[i][j] = x[i · rowStride + j · columnStride]`.
func gather(
    _ rows: Int, _ columns: Int, _ x: UnsafeRawPointer, _ rowStride: Int, _ columnStride: Int,
    _ y: UnsafeMutableRawPointer, _ yStride: Int
) {
    if rowStride == 1, columnStride > 1 {
        transpose(columns, rows, x, columnStride, y, yStride)
        return
    }
    let x = x.assumingMemoryBound(to: Int32.self)
    let y = y.assumingMemoryBound(to: Int32.self)
    for i in 0..<rows {
        let from = x + i * rowStride
        let to = y + i * yStride
        if columnStride == 1 {
            to.update(from: from, count: columns)
        } else {
            for j in 0..<columns { to[j] = from[j * columnStride] }
        }
    }
}
