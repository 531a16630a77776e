#!/bin/sh
# Walks through the example on a running server, and checks every answer. It works in a namespace of its own, which it
# removes again, so it may be run on any server and as often as one likes. Needs curl and jq.
# usage: walkthrough.sh [URL [LOGIN PASSWORD]]     a login on root; http://127.0.0.1:8000, root and $BAILIWICK_PASS
# shellcheck disable=SC2016 # $auth and its like are for SQL
set -eu

url=${1:-http://127.0.0.1:8000}
login=${2:-root}
password=${3:-${BAILIWICK_PASS:?the password of the login}}
folder=$(cd "$(dirname "$0")" && pwd)
namespace=walk$$
passed=0
failed=0

say() {
  printf '\n%s\n' "$*"
}

# check WHAT EXPECTED GOT
check() {
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
    printf '  fine: %s: %s\n' "$1" "$3"
  else
    failed=$((failed + 1))
    printf '  WRONG: %s\n    expected %s\n    got      %s\n' "$1" "$2" "$3"
  fi
}

# as_root SQL: runs statements in the example's database.
as_root() {
  curl -sS -u "$login:$password" -H "NS: $namespace" -H 'DB: blog' -H 'Content-Type: application/sql' \
    --data-binary "$1" "$url/sql"
}

# define FILE: runs a file as root; its namespace is ours. The file makes it, so no NS header yet.
define() {
  sed "s/demo/$namespace/" "$folder/$1" |
    curl -sS -u "$login:$password" -H 'Content-Type: application/sql' --data-binary @- "$url/sql"
}

# enter signup|signin KEY VALUE …: the answer to a sign-up or sign-in in the scope account.
enter() {
  route=$1
  shift
  jq -n --arg NS "$namespace" '{$NS, DB: "blog", SC: "account"} +
    ([$ARGS.positional | range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] | add)' --args "$@" |
    curl -sS -H 'Content-Type: application/json' --data-binary @- "$url/$route"
}

# run TOKEN SQL [KEY VALUE …]: runs statements as a person, with variables.
run() {
  token=$1
  sql=$2
  shift 2
  jq -n --arg sql "$sql" '{$sql, vars: ([$ARGS.positional | range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] |
    add // {})}' --args "$@" |
    curl -sS -H "Authorization: Bearer $token" -H 'Content-Type: application/json' --data-binary @- "$url/sql"
}

# rows: of the last statement, as compact JSON; its error code if it failed.
rows() {
  jq -c '.[-1] | if .status == "OK" then .result else .code end'
}

remove() {
  as_root "REMOVE NAMESPACE IF EXISTS $namespace" >/dev/null || true
}
trap remove EXIT
trap 'exit 1' INT TERM

say "Root defines tables, permissions and the scope account in the namespace $namespace."
for file in schema data; do
  check "$file.sql" '[]' "$(define "$file.sql" | jq -c 'if type == "array" then map(select(.status != "OK")) else . end')"
done
check "posts that root sees" 4 "$(as_root 'SELECT count(*) AS n FROM post' | jq '.[0].result[0].n')"

say "Two people sign up; the answer is a token."
anna=$(enter signup email anna@example.com password 'anna likes ducks' name Anna | jq -r .token)
boris=$(enter signup email boris@example.com password 'boris likes geese' name Boris | jq -r .token)
check "Anna is" '[{"id":3,"name":"Anna"}]' "$(run "$anna" 'SELECT id, name FROM user WHERE id = $auth.id' | rows)"
check "Boris is" '[{"email":"boris@example.com"}]' "$(run "$boris" 'SELECT $auth.email AS email' | rows)"
check "an address that is taken" 401 "$(enter signup email anna@example.com password 'another' name Eve | jq .code)"

say "They sign in. A wrong password and an unknown address get one and the same answer."
anna=$(enter signin email anna@example.com password 'anna likes ducks' | jq -r .token)
check "Anna's claims" '["account","blog",3]' "$(printf %s "$anna" | jq -Rc 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") |
  @base64d | fromjson | [.SC, .DB, (.ID | tonumber)]')"
wrong=$(enter signin email anna@example.com password 'a guess')
check "a wrong password" 401 "$(printf %s "$wrong" | jq .code)"
check "an unknown address" "$wrong" "$(enter signin email nobody@example.com password 'a guess')"

say "Anna writes a draft and a post. Each of them sees what is theirs to see."
run "$anna" 'INSERT INTO post (author, title) VALUES ($auth.id, $title)' title 'My secret plan' >/dev/null
check "she publishes" '[{"id":6,"author":3}]' "$(run "$anna" 'INSERT INTO post (author, title, draft)
  VALUES ($auth.id, $title, 0) RETURNING id, author' title 'Hello' | rows)"
check "Anna sees" '["Notes on the engine","Fifty machines","My secret plan","Hello"]' \
  "$(run "$anna" 'SELECT title FROM post ORDER BY id' | jq -c '[.[0].result[].title]')"
check "Boris sees" '["Notes on the engine","Fifty machines","Hello"]' \
  "$(run "$boris" 'SELECT title FROM post ORDER BY id' | jq -c '[.[0].result[].title]')"
check "Boris counts" '[{"n":3}]' "$(run "$boris" 'SELECT count(*) AS n FROM post' | rows)"
check "Boris looks for the draft" '[]' "$(run "$boris" "SELECT id FROM post WHERE title LIKE '%secret%'" | rows)"
check "Boris writes in her name" '"permission_denied"' \
  "$(run "$boris" "INSERT INTO post (author, title) VALUES (3, 'I am a fool')" | rows)"
check "Boris changes all he sees" '{"changes":0,"denied":3}' \
  "$(run "$boris" "UPDATE post SET title = 'mine'" | jq -c '.[0] | {changes, denied}')"
check "Boris deletes her draft by its id" '{"changes":0,"denied":null}' \
  "$(run "$boris" 'DELETE FROM post WHERE id = 5' | jq -c '.[0] | {changes, denied}')"

say "Anna has a circle, and gives it her draft."
check "her circle" '[{"id":2}]' \
  "$(run "$anna" 'INSERT INTO circle (owner, name) VALUES ($auth.id, $name) RETURNING id' name Friends | rows)"
run "$anna" 'UPDATE post SET circle = 2 WHERE id = 5' >/dev/null
check "before he is in it, Boris sees" '[]' "$(run "$boris" 'SELECT title FROM post WHERE id = 5' | rows)"
check "he cannot let himself in" '"permission_denied"' \
  "$(run "$boris" 'INSERT INTO member (circle, person) VALUES (2, $auth.id)' | rows)"
check "she can" 1 "$(run "$anna" 'INSERT INTO member (circle, person) VALUES (2, 4)' | jq '.[0].changes')"
check "now he sees" '[{"title":"My secret plan"}]' "$(run "$boris" 'SELECT title FROM post WHERE id = 5' | rows)"
check "and comments" '[{"post":5,"author":4}]' "$(run "$boris" 'INSERT INTO comment (post, author, body)
  VALUES (5, $auth.id, $body) RETURNING post, author' body 'Count me in.' | rows)"
check "he leaves" 1 "$(run "$boris" 'DELETE FROM member WHERE circle = 2 AND person = $auth.id' | jq '.[0].changes')"
check "the draft is gone for him" '[]' "$(run "$boris" 'SELECT title FROM post WHERE id = 5' | rows)"
check "and so are its comments" '[]' "$(run "$boris" 'SELECT body FROM comment WHERE post = 5' | rows)"

say "A phone number is for its owner; a password is for nobody, but can be changed."
run "$anna" 'UPDATE user SET phone = $phone WHERE id = $auth.id' phone '+49 3' >/dev/null
check "Anna sees hers" '[{"name":"Anna","phone":"+49 3"}]' \
  "$(run "$anna" 'SELECT name, phone FROM user WHERE id = 3' | rows)"
check "Boris does not" '[{"name":"Anna","phone":null}]' "$(run "$boris" 'SELECT name, phone FROM user WHERE id = 3' | rows)"
check "nor can he guess" '[{"n":0}]' \
  "$(run "$boris" "SELECT count(*) AS n FROM user WHERE id = 3 AND phone LIKE '+%'" | rows)"
check "there is no password" '"not_found"' "$(run "$boris" 'SELECT password FROM user' | rows)"
check "Anna sets a new one" 1 "$(run "$anna" 'UPDATE user SET password = password_hash($new) WHERE id = $auth.id' \
  new 'anna likes swans' | jq '.[0].changes')"
check "the old one" 401 "$(enter signin email anna@example.com password 'anna likes ducks' | jq .code)"
check "the new one" 200 "$(enter signin email anna@example.com password 'anna likes swans' | jq .code)"

say "Nobody who is no owner defines anything, and who leaves is gone."
check "Boris drops a table" '"permission_denied"' "$(run "$boris" 'DROP TABLE post' | rows)"
check "Boris deletes his account" 1 "$(run "$boris" 'DELETE FROM user WHERE id = $auth.id' | jq '.[0].changes')"
check "his token" 401 "$(run "$boris" 'SELECT 1' | jq .code)"

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
