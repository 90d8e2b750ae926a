import GRDB

/// Whose costs are added up.
public enum CostKey: String, Sendable, CaseIterable {
  /// Each `provider/model`.
  case model
  /// Each job.
  case job
  /// Each group; what belongs to none has an empty name.
  case group
  /// Each run.
  case run
  /// Each day in UTC, as `2026-11-21`, by when the jobs last changed.
  case day
  /// Each provider.
  case provider
  /// Each agent; what none did has an empty name.
  case agent
}

/// Whose costs are wanted. Everything that is set must hold.
public struct CostFilter: Sendable, Hashable {
  /// Only those of this run.
  public var run: RunID?
  /// Only those of this group.
  public var group: String?
  /// Only those of jobs that last changed at this time or later.
  public var since: Timestamp?

  /// All costs.
  public init(run: RunID? = nil, group: String? = nil, since: Timestamp? = nil) {
    self.run = run
    self.group = group
    self.since = since
  }
}

/// What models took for one of something.
public struct CostSum: Sendable, Hashable {
  /// What it was for: a model, a job's id, a day; empty where there is none.
  public let name: String
  /// How many jobs.
  public let jobs: Int
  /// What they took, without the models' parts.
  public let usage: JobUsage
}

extension Registry {
  /// What models took, added up by `key`: the dearest first, days in their order. Of the jobs that are still in the registry; what
  /// lives counts as far as it was told.
  public func costs(by key: CostKey, _ filter: CostFilter = CostFilter()) throws(RegistryError) -> [CostSum] {
    var query = Query()
    query.require("usage IS NOT NULL")
    query.require("run = ?", filter.run?.rawValue)
    query.require("job_group = ?", filter.group)
    query.require("changed_at >= ?", filter.since?.milliseconds)
    let order = key == .day ? "part" : "cost DESC, input + output DESC, part"
    let sql = """
      WITH chosen AS (SELECT * FROM jobs WHERE \(query.text)),
      parts AS (
        SELECT chosen.*, each.key AS part_model, each.value AS counts
        FROM chosen, json_each(chosen.usage, '$.models') AS each
        UNION ALL
        SELECT chosen.*, coalesce(model, '') AS part_model, usage AS counts
        FROM chosen WHERE json_type(usage, '$.models') IS NULL
      )
      SELECT \(Registry.expression(key)) AS part, count(DISTINCT id),
        \(Registry.sum("input_tokens")) AS input, \(Registry.sum("output_tokens")) AS output,
        \(Registry.sum("cache_read_tokens")), \(Registry.sum("cache_write_tokens")), \(Registry.sum("calls")),
        \(Registry.sum("unpriced_calls")), sum(json_extract(counts, '$.cost')) AS cost
      FROM parts GROUP BY part ORDER BY \(order)
      """
    return try read { database in
      try Array(Row.fetchCursor(database, sql: sql, arguments: query.arguments).map(Registry.costSum))
    }
  }

  /// What all jobs of a filter took together.
  public func cost(_ filter: CostFilter = CostFilter()) throws(RegistryError) -> JobUsage {
    try costs(by: .run, filter).reduce(into: JobUsage()) { $0.add($1.usage) }
  }

  private static func expression(_ key: CostKey) -> String {
    switch key {
    case .model: "part_model"
    case .job: "id"
    case .group: "coalesce(job_group, '')"
    case .run: "run"
    case .day: "date(changed_at / 1000, 'unixepoch')"
    case .provider: "substr(part_model, 1, max(instr(part_model, '/') - 1, 0))"
    case .agent: "coalesce(agent, '')"
    }
  }

  private static func sum(_ field: String) -> String {
    // A count that is no number of a sensible size is not ours.
    "sum(min(max(coalesce(json_extract(counts, '$.\(field)'), 0), 0), 1000000000000000))"
  }

  private static func costSum(_ row: Row) -> CostSum {
    var columns = RowReader(row)
    let name: String = columns.next()
    let jobs: Int = columns.next()
    var usage = JobUsage(inputTokens: columns.next(), outputTokens: columns.next())
    usage.cacheReadTokens = columns.next()
    usage.cacheWriteTokens = columns.next()
    usage.calls = columns.next()
    usage.unpricedCalls = columns.next()
    let cost: Double? = columns.next()
    usage.cost = cost.map { ($0 * 1e12).rounded() / 1e12 }
    return CostSum(name: name, jobs: jobs, usage: usage)
  }
}
