#!/usr/bin/env python3
"""What NumPy prints for arrays: Tests/CoreTests/Fixtures/tensor-texts.json.

    python3 Tests/Goldens/tensor_texts.py > Tests/CoreTests/Fixtures/tensor-texts.json

Each case: the dtype, the shape, the elements (floats by their bits, so that none is rounded on the way), and the text of
`numpy.array2string` with its defaults. NumPy's True and False are written as Swift writes them.
"""
import json

import numpy as np

generator = np.random.Generator(np.random.Philox(7))
inf, nan = float("inf"), float("nan")
arrays = [
    np.array([1, 2.5, -3], np.float32), np.array([[1, 2], [3.25, 4]], np.float32), np.array(2.5, np.float32),
    np.array([], np.float32), np.zeros([2, 0, 3], np.float32), np.array([0.0, -0.0], np.float32),
    np.array([0.1, 0.2, 0.3], np.float32), np.array([1e-5, 1], np.float32), np.array([1e8, 1], np.float32),
    np.array([99999999, 5], np.float32), np.array([1, 1001], np.float32), np.array([0.0001, 0.05], np.float32),
    np.array([1, inf, -inf, nan], np.float32), np.array([nan], np.float32), np.array([inf, 1e-10], np.float32),
    np.array([3.4e38, 1e-45, -1], np.float32), np.array([123456.789, 1000], np.float32),
    np.array([0.33333334, 0.6666667], np.float32), generator.uniform(-1, 1, [3, 5]).astype(np.float32),
    generator.normal(0, 1, [2, 2, 3]).astype(np.float32), generator.normal(0, 1, [30]).astype(np.float32),
    generator.normal(0, 1, [2, 30]).astype(np.float32), generator.normal(0, 1, [1001]).astype(np.float32),
    generator.uniform(0, 1, [40, 40]).astype(np.float32), generator.uniform(0, 1, [2, 7, 5, 20]).astype(np.float32),
    generator.uniform(0, 1, [5, 300]).astype(np.float32), np.zeros([2000], np.float32),
    np.array([0.1, 1 / 3, 100], np.float16), np.array([65504, 6e-8], np.float16),
    generator.normal(0, 1, [4, 6]).astype(np.float16), np.arange(6, dtype=np.int64).reshape(2, 3),
    np.array([-5, 1000, 7], np.int32), np.arange(2000, dtype=np.int64).reshape(50, 40),
    np.array([2**63 - 1, -(2**63)], np.int64), np.array([[True, False], [False, False]]), np.array([True]),
    np.arange(27, dtype=np.int32).reshape(3, 3, 3),
]
names = {"float32": np.uint32, "float16": np.uint16}
cases = []
for array in arrays:
    name = str(array.dtype)
    elements = array.reshape(-1)
    values = elements.view(names[name]) if name in names else elements.astype(np.int64)
    text = np.array2string(array).replace("True", "true").replace("False", "false")
    cases.append({"dtype": name, "shape": list(array.shape), "data": [int(v) for v in values], "text": text})
print(json.dumps({"numpy": np.__version__, "cases": cases}))
