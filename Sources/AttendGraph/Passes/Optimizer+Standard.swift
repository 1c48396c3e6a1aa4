extension Optimizer {
    /// The standard passes in order: all except ``CutValueUps``.
    public static let standard = Optimizer([
        RemoveDeadNodes(), ShareSubexpressions(), FoldConstants(),
        RecognizeSoftmax(), RecognizeNorms(), JoinNormParameters(), RecognizeActivations(), RecognizeAttention(),
        AbsorbTransposes(), RecognizeLinear(), FoldConstants(), MergeOutputProjections(), OpenHeads(),
        RecognizeQuantized(),
        MergeProjections(), JoinEpilogues(), ShareSubexpressions(), RemoveDeadNodes()
    ])
}
