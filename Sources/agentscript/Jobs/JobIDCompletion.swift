internal import ArgumentParser
import Jobs

extension CompletionKind {
  /// The ids of the newest jobs, for the shell's Tab key.
  static var jobID: CompletionKind {
    .custom { _, _, _ in
      var filter = JobFilter()
      filter.order = .newestFirst
      filter.limit = 200
      // Completion has nowhere to tell an error: then it offers nothing.
      guard let desk = try? JobDesk.open(), let jobs = try? desk.jobs(filter) else { return [] }
      return jobs.map(\.id.rawValue)
    }
  }
}
