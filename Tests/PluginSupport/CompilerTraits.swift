public import Testing

extension Trait where Self == ConditionTrait {
    /// Skips a test that compiles C where there is no compiler; the output says why.
    public static var compilesC: ConditionTrait {
        .enabled(if: CCompiler.missing == nil, "\(CCompiler.missing ?? "")")
    }

    /// The same of C++.
    public static var compilesCxx: ConditionTrait {
        .enabled(if: CCompiler.missingCxx == nil, "\(CCompiler.missingCxx ?? "")")
    }
}
