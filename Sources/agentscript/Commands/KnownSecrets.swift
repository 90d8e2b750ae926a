import Configuration
import Jobs

/// The secrets that commands keep out of what they show and put down.
enum KnownSecrets {
  /// Those of this process's environment, by their names and by what the configuration lists.
  static func redaction() throws(SettingsError) -> Redaction {
    .ofThisProcess(listed: try Settings.load(.ofThisProcess()).secrets)
  }
}
