#!/usr/bin/env agentscript
--[[ code_review.lua: three reviewers read the same change, each with an eye of its own; their verdicts are merged.

  agentscript code_review.lua [RANGE]       a range of commits of the repository here, as HEAD~1..HEAD

Each reviewer answers in a form that a JSON Schema gives: a verdict and findings, which come as `result.data`. A model that
does not keep to the form is asked again. The change is approved if all of them approve it; a reviewer who has failed approves
nothing. Without RANGE they get a small change with a mistake in it.
]]
local change = [[
--- a/cart.py
+++ b/cart.py
@@ -1,4 +1,9 @@
 def total(items):
-    return sum(item.price for item in items)
+    result = 0
+    for item in items:
+        result = item.price * item.count
+    return result
+
+def discount(cart, code):
+    return eval(code)(cart.total)
]]
if arg[1] then
  local diff = task { description = "The change", command = { "git", "diff", "--no-color", arg[1] }, timeout = "1m" }
  if not diff.success then return diff end
  change = diff.output
end

local reviewers = {
  { id = "correctness", eye = "whether the code does what it is meant to do: wrong results, forgotten cases, errors at the edges" },
  { id = "security", eye = "whether somebody can misuse it: input that is trusted, secrets, files and commands" },
  { id = "readability", eye = "whether the next person understands it: names, length, what could be left out" },
}
local form = {
  type = "object",
  additionalProperties = false,
  required = { "verdict", "findings" },
  properties = {
    verdict = { type = "string", enum = { "approve", "request_changes" } },
    findings = {
      type = "array",
      maxItems = 2,
      items = {
        type = "object",
        additionalProperties = false,
        required = { "line", "problem", "severity" },
        properties = {
          line = { type = "string", description = "the line of code, as it stands in the change", maxLength = 60 },
          problem = { type = "string", description = "what is wrong with it, in one sentence", maxLength = 100 },
          severity = { type = "string", enum = { "high", "medium", "low" } },
        },
      },
    },
  },
}

local specs = {}
for i, reviewer in ipairs(reviewers) do
  specs[i] = {
    id = reviewer.id,
    description = "Review: " .. reviewer.id,
    system = "You review changes of programs. You look at one thing alone: " .. reviewer.eye .. ". Answer as JSON.",
    prompt = "Review this change:\n\n" .. change,
    agent = "Explore",
    tools = {}, -- what there is to see stands in the prompt
    schema = form,
    timeout = "5m",
  }
end
local reviews = task_group(specs, { max_concurrency = 3 })

-- Merged: what several saw counts once, the worst first.
local rank = { high = 1, medium = 2, low = 3 }
local approved, findings, seen = true, {}, {}
for _, review in ipairs(reviews) do
  local verdict = review.success and review.data.verdict or "failed: " .. review.error
  print(("%-12s %s (%s)"):format(review.id, verdict, review.model or "no model"))
  approved = approved and verdict == "approve"
  for _, finding in ipairs(review.success and review.data.findings or {}) do
    local known = seen[finding.line]
    if known then
      if not known.by:find(review.id, 1, true) then known.by = known.by .. ", " .. review.id end
      if rank[finding.severity] < rank[known.severity] then known.severity = finding.severity end
    else
      finding.by = review.id
      seen[finding.line], findings[#findings + 1] = finding, finding
    end
  end
end
table.sort(findings, function(a, b)
  if rank[a.severity] ~= rank[b.severity] then return rank[a.severity] < rank[b.severity] end
  return a.line < b.line
end)
for _, finding in ipairs(findings) do
  print(("%-6s %s\n       %s (%s)"):format(finding.severity, finding.line:match "^%s*(.-)%s*$", finding.problem, finding.by))
end
if not reviews.success then
  print(("✗ not reviewed: %d of %d reviewers failed"):format(#reviews.failed, #reviews))
else
  print(approved and "✓ approved" or "✗ changes requested")
end
return { success = reviews.success, approved = approved, findings = findings }
