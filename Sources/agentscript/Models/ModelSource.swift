import Configuration
import Models

/// Where commands get to know which models can be called.
enum ModelSource {
  /// What environment and configuration say; what a person should know of that goes to standard error.
  static func settings() throws(SettingsError) -> Settings {
    let settings = try Settings.load(.ofThisProcess())
    for note in settings.notes { StandardStream.error.talk("agentscript: \(TerminalText.line(note))\n") }
    return settings
  }
}
