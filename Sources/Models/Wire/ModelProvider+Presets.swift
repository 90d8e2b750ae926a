extension ModelProvider {
  /// Anthropic's own.
  public static let anthropic = ModelProvider(
    name: "anthropic", format: .anthropic, baseURL: "https://api.anthropic.com", keyVariable: "ANTHROPIC_API_KEY",
    authorization: .apiKey)

  /// OpenAI's own. Its newer models refuse `max_tokens`.
  public static let openai = ModelProvider(
    name: "openai", baseURL: "https://api.openai.com/v1", keyVariable: "OPENAI_API_KEY",
    quirks: ChatQuirks(limitField: .maxCompletionTokens))

  /// NVIDIA's NIM, hosted; one's own has the same routes at its own host.
  public static let nvidia = ModelProvider(
    name: "nvidia", baseURL: "https://integrate.api.nvidia.com/v1", keyVariable: "NVIDIA_API_KEY",
    quirks: ChatQuirks(knowsParallelCalls: false))

  /// OpenRouter, before many providers. It passes `cache_control` on.
  public static let openrouter = ModelProvider(
    name: "openrouter", baseURL: "https://openrouter.ai/api/v1", keyVariable: "OPENROUTER_API_KEY",
    quirks: ChatQuirks(thoughtField: "reasoning", knowsCacheControl: true))

  /// Groq.
  public static let groq = ModelProvider(
    name: "groq", baseURL: "https://api.groq.com/openai/v1", keyVariable: "GROQ_API_KEY",
    quirks: ChatQuirks(limitField: .maxCompletionTokens))

  /// Ollama on this machine.
  public static let ollama = ModelProvider(
    name: "ollama", baseURL: "http://127.0.0.1:11434/v1", keyVariable: "OLLAMA_API_KEY", isKeyOptional: true,
    isLocal: true, quirks: ChatQuirks(knowsParallelCalls: false))

  /// llama.cpp's server on this machine.
  public static let llamacpp = ModelProvider(
    name: "llamacpp", baseURL: "http://127.0.0.1:8080/v1", keyVariable: "LLAMA_API_KEY", isKeyOptional: true,
    isLocal: true, quirks: ChatQuirks(thoughtField: "reasoning_content"))

  /// vLLM on this machine.
  public static let vllm = ModelProvider(
    name: "vllm", baseURL: "http://127.0.0.1:8000/v1", keyVariable: "VLLM_API_KEY", isKeyOptional: true, isLocal: true)

  /// LM Studio on this machine.
  public static let lmstudio = ModelProvider(
    name: "lmstudio", baseURL: "http://127.0.0.1:1234/v1", keyVariable: "LMSTUDIO_API_KEY", isKeyOptional: true,
    isLocal: true, quirks: ChatQuirks(knowsParallelCalls: false))

  /// All of them, in the order in which keys are looked for.
  public static let presets: [ModelProvider] = [
    .anthropic, .openai, .nvidia, .openrouter, .groq, .ollama, .llamacpp, .vllm, .lmstudio,
  ]

  /// The preset of this name.
  public static func preset(_ name: String) -> ModelProvider? { presets.first { $0.name == name } }
}
