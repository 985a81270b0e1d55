-- Berth's functions in Redis. They compare, set and append; which change is legal is decided in C++
-- (shared/model/job_lifecycle). Every name of a key comes in KEYS or ARGV; only an id or a job's name is appended to a
-- prefix that was given. Each runs whole or not at all: conditions are checked before the first write.
--
-- An answer "CONFLICT …" means that the store is no longer what the caller believed; nothing was written.
-- (redis.call exists only while a function runs, so each takes it into a local of its own.)
-- @BERTH_FUNCTIONS_VERSION@ is a hash of this file: neighbouring versions of Berth live side by side.

local function conflict(message) return redis.error_reply('CONFLICT ' .. message) end

-- An error when the scheduler of this epoch no longer leads: what it still writes must change nothing.
local function not_leading(leader, epoch)
  local found, resigned = unpack(redis.call('HMGET', leader, 'epoch', 'resigned'))
  if found ~= epoch or resigned == '1' then return conflict('Epoch ' .. epoch .. ' no longer leads.') end
end

-- An error while a backup is being put back: until it is whole nobody may lead, join or submit.
local function not_open(leader)
  if redis.call('HEXISTS', leader, 'restoring') == 1 then
    return redis.error_reply('RESTORING A backup is being put back into this cluster, or that was cut off.')
  end
end

-- Appends events, oldest first, and tells subscribers of all at once. `bodies` are JSON objects without their opening
-- brace and without "seq". Returns the number of the event before the first.
local function append_events(seq_key, stream, channel, kept, bodies)
  local call = redis.call
  local count = #bodies
  if count == 0 then return end
  local before = call('INCRBY', seq_key, count) - count
  local told = {}
  for i = 1, count do
    local seq, body = before + i, bodies[i]
    call('XADD', stream, seq .. '-0', 'e', '{' .. body)
    told[i] = '{"seq":' .. seq .. ',' .. body
  end
  call('XTRIM', stream, 'MAXLEN', '~', kept)
  call('PUBLISH', channel, '[' .. table.concat(told, ',') .. ']')
  return before
end

-- Gives jobs their ids and stores them as PENDING: all, in order.
-- KEYS  1 last id  2 event counter  3 event stream  4 index of PENDING  5 leader
--       [6 the request's idempotency record]
-- ARGV  1 prefix of job keys  2 prefix of name indexes  3 status channel  4 events kept  5 hash of the request's body
--       6 ms for which the idempotency record is kept  7 event body behind the job's id
--       8 how many words follow that every record has; these (field, value …)
--       then of each job: name or '', definition, what its event has before that body
-- Returns {1 if the request was known, first id, last id}.
local function admit(keys, argv)
  local call = redis.call
  local closed = not_open(keys[5])
  if closed then return closed end
  if keys[6] then
    local known = call('GET', keys[6])
    if known then
      local first, last, hash = known:match('^(%d+) (%d+) (.*)$')
      if hash ~= argv[5] then return conflict('The idempotency key was used for another request.') end
      return {1, tonumber(first), tonumber(last)}
    end
  end
  local job_prefix, name_prefix, tail = argv[1], argv[2], argv[7]
  local first_job = 9 + tonumber(argv[8])
  local common = {unpack(argv, 9, first_job - 1)}
  local count = (#argv - first_job + 1) / 3
  local last = call('INCRBY', keys[1], count)
  local first = last - count + 1
  local bodies, entering = {}, {}
  local at = first_job
  for id = first, last do
    local name = argv[at]
    call('HSET', job_prefix .. id, 'definition', argv[at + 1], unpack(common))
    if name ~= '' then call('ZADD', name_prefix .. name, id, id) end
    bodies[#bodies + 1] = '"job":' .. id .. ',' .. argv[at + 2] .. tail
    entering[#entering + 1] = id
    entering[#entering + 1] = id
    if #entering == 1000 or id == last then
      call('ZADD', keys[4], unpack(entering))
      entering = {}
    end
    at = at + 3
  end
  append_events(keys[2], keys[3], argv[3], argv[4], bodies)
  if keys[6] then call('SET', keys[6], first .. ' ' .. last .. ' ' .. argv[5], 'PX', argv[6]) end
  return {0, first, last}
end

-- Whether a job's record is still the one that was read, given as four words: version, status, created_at and
-- scheduled_at ('': absent). In a store that went back in time ids and versions are given anew; the others tell apart
-- what they don't. Without created_at the record couldn't be read, and the version has to do.
-- Returns that, and the version found or false.
local function is_as_read(key, version, status, created, scheduled)
  local found = redis.call('HMGET', key, 'version', 'status', 'created_at', 'scheduled_at')
  local is_it = found[1] == version and (created == '' or
    ((found[2] or '') == status and (found[3] or '') == created and (found[4] or '') == scheduled))
  return is_it, found[1]
end

-- Changes jobs whose record is as it was read, each on its own; the others are left alone. A job may be named once.
-- KEYS  1 event counter  2 event stream  3 leader  4 … indexes, inboxes and an executor, referred to by their place
-- ARGV  1 epoch that must be the leader's, or ''  2 prefix of job keys  3 status channel  4 events kept
--       5 place of an executor or 0, and the  6 incarnation  7 beat  that were last seen of it: no change is made once
--       it has been heard from since
--       then of each change: id, the four words of is_as_read, new version,
--         count of words to set, these (field, value …),  count of fields to delete, these,
--         count of moves, these (k: into the index KEYS[k]; -k: out of it),
--         place of an inbox or 0, its entry or '',  event body
-- Returns, of each change, 1 and the new version, or 0 and the version found (0: no such job).
local function transition(keys, argv)
  local call = redis.call
  local deposed = argv[1] ~= '' and not_leading(keys[3], argv[1])
  if deposed then return deposed end
  local job_prefix = argv[2]
  local results, bodies, posts, moved = {}, {}, {}, {}
  local is_heard = false
  if argv[5] ~= '0' then
    local incarnation, beat = unpack(call('HMGET', keys[tonumber(argv[5])], 'incarnation', 'beat'))
    is_heard = incarnation ~= argv[6] or beat ~= argv[7]
  end
  local at, size = 8, #argv
  while at <= size do
    local id = argv[at]
    local key = job_prefix .. id
    local is_it, version = is_as_read(key, unpack(argv, at + 1, at + 4))
    local set = at + 7
    local delete = set + argv[at + 6] + 1
    local move = delete + argv[delete - 1] + 1
    local post = move + argv[move - 1]
    if is_it and not is_heard then
      call('HSET', key, 'version', argv[at + 5], unpack(argv, set, delete - 2))
      if move - delete > 1 then call('HDEL', key, unpack(argv, delete, move - 2)) end
      for i = move, post - 1 do
        local place = argv[i]
        local ids = moved[place]
        if not ids then
          ids = {}
          moved[place] = ids
        end
        ids[#ids + 1] = id
      end
      bodies[#bodies + 1] = argv[post + 2]
      if argv[post] ~= '0' then posts[#posts + 1] = {tonumber(argv[post]), argv[post + 1], #bodies} end
      results[#results + 1] = 1
      results[#results + 1] = tonumber(argv[at + 5])
    else
      results[#results + 1] = 0
      results[#results + 1] = version and tonumber(version) or 0
    end
    at = post + 3
  end
  for place, ids in pairs(moved) do
    local k = tonumber(place)
    if k < 0 then
      call('ZREM', keys[-k], unpack(ids))
    else
      local scored = {}
      for i = 1, #ids do scored[2 * i - 1], scored[2 * i] = ids[i], ids[i] end
      call('ZADD', keys[k], unpack(scored))
    end
  end
  local before = append_events(keys[1], keys[2], argv[3], argv[4], bodies)
  for i = 1, #posts do
    local post = posts[i]
    call('XADD', keys[post[1]], (before + post[3]) .. '-0', 'job', post[2])
  end
  return results
end

-- Deletes jobs that have ended, with their logs, whose record is as it was read.
-- KEYS  1 leader  2 … indexes of statuses, referred to by their place
-- ARGV  1 epoch that must be the leader's  2 prefix of job keys  3 prefix of name indexes  4 prefix of logs
--       then of each job: id, the four words of is_as_read, place of its status's index, name or '', last attempt
-- Returns how many were deleted.
local function forget_jobs(keys, argv)
  local call = redis.call
  local deposed = not_leading(keys[1], argv[1])
  if deposed then return deposed end
  local forgotten = 0
  for at = 5, #argv, 8 do
    local id, place, name, attempts = argv[at], unpack(argv, at + 5, at + 7)
    if is_as_read(argv[2] .. id, unpack(argv, at + 1, at + 4)) then
      call('UNLINK', argv[2] .. id)
      call('ZREM', keys[tonumber(place)], id)
      if name ~= '' then call('ZREM', argv[3] .. name, id) end
      for attempt = 1, tonumber(attempts) do call('UNLINK', argv[4] .. id .. ':' .. attempt) end
      forgotten = forgotten + 1
    end
  end
  return forgotten
end

-- Writes what an executor says of itself, under a new incarnation. A drain, the operators' word, is kept.
-- KEYS  1 executor  2 names of executors  3 event counter  4 event stream  5 leader
-- ARGV  1 name  2 info (JSON)  3 runtime (JSON)  4 status channel  5 events kept  6 event body
--       7 the incarnation that holds the name now, 0 for none  8 wire version  9 the oldest that it works with
-- Returns the incarnation.
local function register_executor(keys, argv)
  local call = redis.call
  local closed = not_open(keys[5])
  if closed then return closed end
  local seen = call('HGET', keys[1], 'incarnation') or '0'
  if seen ~= argv[7] then return conflict('Another executor has just registered under this name.') end
  local incarnation = call('HINCRBY', keys[1], 'incarnation', 1)
  call('HSET', keys[1], 'info', argv[2], 'runtime', argv[3], 'wire', argv[8], 'oldest_wire', argv[9])
  call('HDEL', keys[1], 'left', 'usage', 'usage_beat')
  call('HINCRBY', keys[1], 'beat', 1)
  call('SADD', keys[2], argv[1])
  append_events(keys[3], keys[4], argv[4], argv[5], {argv[6]})
  return incarnation
end

local function now_ms()
  local seconds, micros = unpack(redis.call('TIME'))
  return seconds * 1000 + math.floor(micros / 1000)
end

-- An error when the name isn't held by this incarnation.
local function not_held(executor, incarnation)
  local found = redis.call('HGET', executor, 'incarnation')
  if not found then return conflict('This executor is not registered.') end
  if found ~= incarnation then
    return conflict('Another executor has registered under this name (incarnation ' .. found ..
      '); give each machine a name of its own with --name.')
  end
end

-- Raises an executor's beat.
-- KEYS  1 executor
-- ARGV  1 incarnation  2 what has changed of its runtime: all of it (JSON), or ''
--       3 what its containers use (shared/model/usage.hpp), or ''
-- Returns the beat, and the reason of its drain once the deadline of that has passed.
local function heartbeat(keys, argv)
  local call = redis.call
  local refused = not_held(keys[1], argv[1])
  if refused then return refused end
  local deadline, reason = unpack(call('HMGET', keys[1], 'drain_deadline', 'drain_reason'))
  if argv[2] ~= '' then call('HSET', keys[1], 'runtime', argv[2]) end
  local beat = call('HINCRBY', keys[1], 'beat', 1)
  if argv[3] ~= '' then call('HSET', keys[1], 'usage', argv[3], 'usage_beat', beat) end
  if deadline and tonumber(deadline) <= now_ms() then return {beat, reason} end
  return {beat}
end

-- KEYS  1 executor      ARGV  1 incarnation
local function leave_executor(keys, argv)
  local refused = not_held(keys[1], argv[1])
  if refused then return refused end
  return redis.call('HSET', keys[1], 'left', 1)
end

-- KEYS  1 executor  2 event counter  3 event stream
-- ARGV  1 reason  2 ms until what runs is stopped, or ''  3 status channel  4 events kept  5 event body
local function drain_executor(keys, argv)
  local call = redis.call
  if call('EXISTS', keys[1]) == 0 then return conflict('This executor is not registered.') end
  local now = now_ms()
  call('HSET', keys[1], 'drain_since', now, 'drain_reason', argv[1])
  if argv[2] == '' then
    call('HDEL', keys[1], 'drain_deadline')
  else
    call('HSET', keys[1], 'drain_deadline', now + argv[2])
  end
  append_events(keys[2], keys[3], argv[3], argv[4], {argv[5]})
  return 1
end

-- KEYS  1 executor  2 event counter  3 event stream
-- ARGV  1 status channel  2 events kept  3 event body
local function resume_executor(keys, argv)
  local call = redis.call
  if call('EXISTS', keys[1]) == 0 then return conflict('This executor is not registered.') end
  if call('HDEL', keys[1], 'drain_since', 'drain_reason', 'drain_deadline') == 0 then return 0 end
  append_events(keys[2], keys[3], argv[1], argv[2], {argv[3]})
  return 1
end

-- Makes `name` the leader if the record is still the one that was seen.
-- KEYS  1 leader  2 event counter  3 event stream
-- ARGV  1 name  2 epoch seen or ''  3 beat seen or ''  4 status channel  5 events kept  6 event body
--       7 wire version  8 the oldest that it works with  9 Berth's version
-- Returns the new epoch.
local function take_leadership(keys, argv)
  local call = redis.call
  local closed = not_open(keys[1])
  if closed then return closed end
  local epoch, beat = unpack(call('HMGET', keys[1], 'epoch', 'beat'))
  -- A record without an epoch names nobody, whatever else a damaged store has kept of it.
  if (epoch or '') ~= argv[2] or (epoch and beat or '') ~= argv[3] then
    return conflict('Another scheduler was faster, or the leader is alive.')
  end
  local taken = (tonumber(epoch) or 0) + 1
  call('HSET', keys[1], 'name', argv[1], 'epoch', taken, 'beat', 0, 'resigned', 0, 'wire', argv[7], 'oldest_wire', argv[8],
    'version', argv[9])
  append_events(keys[2], keys[3], argv[4], argv[5], {argv[6]})
  return taken
end

-- KEYS  1 leader      ARGV  1 epoch
-- Returns the beat.
local function renew_leadership(keys, argv)
  local deposed = not_leading(keys[1], argv[1])
  if deposed then return deposed end
  return redis.call('HINCRBY', keys[1], 'beat', 1)
end

-- KEYS  1 leader  2 event counter  3 event stream
-- ARGV  1 epoch  2 status channel  3 events kept  4 event body
local function resign_leadership(keys, argv)
  local call = redis.call
  local deposed = not_leading(keys[1], argv[1])
  if deposed then return deposed end
  call('HSET', keys[1], 'resigned', 1)
  append_events(keys[2], keys[3], argv[2], argv[3], {argv[4]})
  return 1
end

-- Notes how far deliveries to webhooks are.
-- KEYS  1 leader  2 webhooks
-- ARGV  1 epoch that must be the leader's  2 how many words follow to set, these (target, progress …)
--       then the targets to forget
local function note_webhooks(keys, argv)
  local call = redis.call
  local deposed = not_leading(keys[1], argv[1])
  if deposed then return deposed end
  local forgotten = 3 + tonumber(argv[2])
  if forgotten > 3 then call('HSET', keys[2], unpack(argv, 3, forgotten - 1)) end
  if forgotten <= #argv then call('HDEL', keys[2], unpack(argv, forgotten)) end
  return 1
end

-- Appends pieces of an attempt's output, and removes earlier ones. What is stored already is skipped: Redis itself
-- takes only rising ids.
-- KEYS  1 log  2 leader
-- ARGV  1 channel of the job's followers  2 attempt  3 how many pieces follow
--       then of each piece: id, offset in its stream, instant, a field and its value ('bytes' and these, 'zstd' and these
--       compressed, 'filed' and the number of pieces in its file), and the size of what the value stands for, or ''
--       then the ids to remove
-- Returns the wire version of the scheduler that leads, 0 if there is none.
local function append_log(keys, argv)
  local call = redis.call
  local wire = call('HGET', keys[2], 'wire') or 0
  local removals = 4 + 6 * tonumber(argv[3])
  for at = 4, removals - 1, 6 do
    local id, start, instant, field, value, size = unpack(argv, at, at + 5)
    local words = {'start', start, 'at', instant, field, value}
    if size ~= '' then words[7], words[8] = 'size', size end
    local added = redis.pcall('XADD', keys[1], id, unpack(words))
    if type(added) == 'table' and added.err and not added.err:find('equal or smaller', 1, true) then return added end
  end
  for at = removals, #argv, 1000 do call('XDEL', keys[1], unpack(argv, at, math.min(at + 999, #argv))) end
  call('PUBLISH', argv[1], argv[2])
  return wire
end

-- The last step of a backup, which has read records one after the other: those that have changed since, in one look, so
-- that all are as they were at one event. Changes nothing.
-- KEYS  1 event counter  2 event stream  3 last id  4 leader
-- ARGV  1 number of the last event that the backup has caught up with  2 most events to look at  3 prefix of job keys
-- Returns {}: there are more events than that. Else {last event, last id, epoch, then of each job: id, its record}.
local function changed_since(keys, argv)
  local call = redis.call
  local seq, known = tonumber(call('GET', keys[1]) or 0), tonumber(argv[1])
  if seq - known > tonumber(argv[2]) then return {} end
  local events = call('XRANGE', keys[2], (known + 1) .. '-0', '+')
  if #events ~= seq - known then return conflict('Events behind ' .. known .. ' have been dropped already.') end
  local answer, seen = {seq, tonumber(call('GET', keys[3]) or 0), tonumber(call('HGET', keys[4], 'epoch') or 0)}, {}
  for i = 1, #events do
    local is_readable, event = pcall(cjson.decode, events[i][2][2])
    local id = is_readable and event.job
    if id and not seen[id] then
      seen[id] = true
      answer[#answer + 1] = id
      answer[#answer + 1] = call('HGETALL', argv[3] .. id)
    end
  end
  return answer
end

-- Closes an empty cluster, so that a backup can be put back into it.
-- KEYS  1 leader  2 … keys that every cluster has which isn't empty
-- ARGV  1 this restore's token
-- Returns 1 when an earlier restore was cut off, or is under way: what it has written is there, and it writes no more.
local function begin_restore(keys, argv)
  local call = redis.call
  local earlier = call('HEXISTS', keys[1], 'restoring')
  if earlier == 0 and call('EXISTS', unpack(keys)) > 0 then return conflict('The cluster isn\'t empty any more.') end
  call('HSET', keys[1], 'restoring', argv[1])
  return earlier
end

-- An error when another restore has begun since, or it has been brought to its end.
local function not_restoring(leader, token)
  if redis.call('HGET', leader, 'restoring') ~= token then
    return conflict('Another restore has begun in this cluster since, and this one has ended.')
  end
end

-- Writes a part of a backup.
-- KEYS  1 leader  2 … keys, referred to by their place
-- ARGV  1 token  then of each command: its name, place of its key, how many words follow, these
local function write_restored(keys, argv)
  local refused = not_restoring(keys[1], argv[1])
  if refused then return refused end
  local at = 2
  while at <= #argv do
    local words = at + 3
    local next_one = words + argv[at + 2]
    redis.call(argv[at], keys[tonumber(argv[at + 1])], unpack(argv, words, next_one - 1))
    at = next_one
  end
  return 1
end

-- Opens the cluster, all of the backup being there. Epochs, events and ids go on where they were.
-- KEYS  1 leader  2 event counter  3 event stream  4 last id
-- ARGV  1 token  2 last id  3 last event  4 epoch  5 status channel  6 events kept  7 event body
local function end_restore(keys, argv)
  local call = redis.call
  local refused = not_restoring(keys[1], argv[1])
  if refused then return refused end
  call('SET', keys[4], argv[2])
  call('SET', keys[2], argv[3])
  call('DEL', keys[1])
  if argv[4] ~= '0' then call('HSET', keys[1], 'name', '', 'epoch', argv[4], 'beat', 0, 'resigned', 1) end
  append_events(keys[2], keys[3], argv[5], argv[6], {argv[7]})
  return 1
end

-- What finishes, aborts and keeps alive must run when memory is short: it is what frees some. New jobs and output wait.
local function register(name, callback, flags)
  redis.register_function{
    function_name = 'berth_@BERTH_FUNCTIONS_VERSION@_' .. name, callback = callback, flags = flags}
end
register('admit', admit, {})
register('append_log', append_log, {})
register('transition', transition, {'allow-oom'})
register('forget_jobs', forget_jobs, {'allow-oom'})
register('register_executor', register_executor, {'allow-oom'})
register('heartbeat', heartbeat, {'allow-oom'})
register('leave_executor', leave_executor, {'allow-oom'})
register('drain_executor', drain_executor, {'allow-oom'})
register('resume_executor', resume_executor, {'allow-oom'})
register('take_leadership', take_leadership, {'allow-oom'})
register('renew_leadership', renew_leadership, {'allow-oom'})
register('resign_leadership', resign_leadership, {'allow-oom'})
register('note_webhooks', note_webhooks, {'allow-oom'})
register('changed_since', changed_since, {'no-writes'})
register('begin_restore', begin_restore, {})
register('write_restored', write_restored, {})
register('end_restore', end_restore, {})
