-- A group that the script cancels: nothing of it is a failure that nobody asked for.
local function group()
  return task_group({
    { id = "a", command = "sleep 30" },
    { id = "b", command = "true", dependencies = { "a" } },
    { id = "c", command = "true", dependencies = { "b" } },
  }, { run_in_background = true })
end
for _, stop in ipairs { function(g) g:cancel("enough") end, function(g) cancel(g, "enough") end } do
  local g = group()
  stop(g)
  local results = wait(g)
  for _, result in ipairs(results) do
    assert(result.status == "cancelled" and result.error:find "enough", tostring(result))
  end
end
group():cancel()
