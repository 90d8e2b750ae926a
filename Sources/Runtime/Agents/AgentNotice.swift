internal import Jobs

/// What the script may want to hear of an agent's way through the models.
enum AgentNotice: Sendable, Hashable {
  /// It waits for a provider.
  case rateLimited(WaitCause)
  /// A budget is spent to this part; the account is that of the job, of its group, or of the run.
  case budget(account: String, share: Double)
  /// A quota that comes back later is used up, and the configuration says that the run is to end until then: one sentence.
  case parked(String)
}
