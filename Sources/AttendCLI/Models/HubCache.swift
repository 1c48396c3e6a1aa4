import Foundation

/// The cache of Hugging Face's hub, which its own tools fill: `models--OWNER--NAME/snapshots/COMMIT`.
enum HubCache {
    /// `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else `~/.cache/huggingface/hub`.
    private static var folder: String {
        if let cache = Terminal.variable("HF_HUB_CACHE") { return cache }
        if let home = Terminal.variable("HF_HOME") { return "\(home)/hub" }
        let caches = Terminal.variable("XDG_CACHE_HOME") ?? "\(NSHomeDirectory())/.cache"
        return "\(caches)/huggingface/hub"
    }

    /// The folder of a model's snapshot that `main` names; nil for a model that is not in the cache.
    ///
    /// - Parameter name: Such as `OWNER/NAME`, or the bare name of a model that a single owner has there.
    static func snapshot(of name: String) -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }) else { return nil }
        let exact = "models--\(parts.joined(separator: "--"))"
        var model: String? = ModelPlace.exists("\(folder)/\(exact)") ? exact : nil
        if model == nil, parts.count == 1 {
            let known = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let found = known.filter { entry in
                let words = entry.components(separatedBy: "--")
                return words.first == "models" && words.count == 3 && words[2] == name
            }
            if found.count == 1 { model = found[0] }
        }
        guard let model, let data = FileManager.default.contents(atPath: "\(folder)/\(model)/refs/main") else {
            return nil
        }
        let commit = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !commit.isEmpty, !commit.contains("/"), !commit.hasPrefix(".") else { return nil }
        let place = "\(folder)/\(model)/snapshots/\(commit)"
        return ModelPlace.isModel(place) ? place : nil
    }
}
