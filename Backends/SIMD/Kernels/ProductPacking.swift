@inline(always) var panelColumns: Int { 2 &* laneCount }

/// `packed[panel][p][column] = b[p, panel · panelColumns + column]`, zeros past the last column (Goto and van de
/// Geijn's packing of the right-hand operand; a panel covers all of k, so that blocks of k are subranges of it).
func packColumns(
    _ k: Int, _ n: Int, _ b: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int,
    _ packed: UnsafeMutablePointer<Float>
) {
    var j = 0
    while j < n {
        let columns = min(panelColumns, n - j)
        let panel = packed + j * k
        let from = b + j * columnStride
        if columns < panelColumns {
            panel.update(repeating: 0, count: k * panelColumns)
            for p in 0..<k {
                for c in 0..<columns { panel[p * panelColumns + c] = from[p * rowStride + c * columnStride] }
            }
        } else if columnStride == 1 {
            for p in 0..<k {
                let row = from + p * rowStride
                store(load(row), panel + p * panelColumns)
                store(load(row + laneCount), panel + p * panelColumns + laneCount)
            }
        } else if rowStride == 1 {
            transpose(panelColumns, k, from, columnStride, panel, panelColumns)
        } else {
            for p in 0..<k {
                for c in 0..<panelColumns { panel[p * panelColumns + c] = from[p * rowStride + c * columnStride] }
            }
        }
        j &+= panelColumns
    }
}
