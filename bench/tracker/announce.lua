-- For wrk: announces of the same thousand torrents as announce-load.c, with random peers and ports. `-- close`: a connection each.
local function escaped(torrent)
  local value, text = ((torrent + 1) * 2654435761) % 4294967296, {}
  for i = 0, 19 do
    text[i + 1] = string.format('%%%02X', (math.floor(value / 256 ^ (3 - i % 4)) + 37 * i) % 256)
  end
  return table.concat(text)
end

local targets = {}

function init(arguments)
  for torrent = 0, 999 do targets[torrent] = '/announce?info_hash=' .. escaped(torrent) .. '&peer_id=-XX0001-' end
  if arguments[1] == 'close' then wrk.headers['Connection'] = 'close' end
  math.randomseed(tonumber(arguments[2] or 1))
end

function request()
  return wrk.format('GET', targets[math.random(0, 999)] .. string.format(
    '%012d&port=%d&uploaded=0&downloaded=0&left=%d&compact=1&numwant=50&event=started',
    math.random(0, 999999999), math.random(1024, 65000), math.random(0, 1) * 1000))
end
