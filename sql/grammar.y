/*
 * The language: all of SQLite 3.40's SQL, and Bailiwick's statements, as a Lemon grammar.
 *
 * Lemon refuses to build it if one of our rules disturbs one of SQLite's. Where a hand-written parser would go wrong
 * (which keywords may be names, how operators bind) this file has declarations: %fallback and the precedence lines.
 * The actions only build nodes (nodes.def, build.h); what else is to be said of a statement is said in later passes.
 */
%name sql_grammar
%token_prefix TK_
%token_type {struct token}
%default_type {struct node *}
%extra_context {struct parse *p}
%stack_size 100 /* LIMIT_DEPTH */
%start_symbol input

%include {
#include "sql/build.h"
#include "sql_grammar.h"

#include <assert.h>
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wswitch-enum"

#define YYNOERRORRECOVERY 1
#define YYPARSEFREENEVERNULL 1

/* Values of more than one part. */
struct limit { struct node *count, *offset; };
struct qualified { struct node *schema, *name; };
struct joins { struct node *list; uint32_t kind; };
struct join_tail { struct node *on, *using; };
struct row_tail { struct node *where, *returning; };
struct upsert_tail { struct node *list, *returning; };
struct call_tail { struct node *filter, *over; };
}

%syntax_error {
    p->failed = p->syntax = true;
}
%stack_overflow {
    report_limit(p, p->previous_end, "nested too deeply");
}

/* --- the order and precedence of tokens --- */
%token SEMI EXPLAIN QUERY PLAN.

%fallback ID
  ABORT ACTION AFTER ANALYZE ASC ATTACH BEFORE BEGIN BY CASCADE CAST COLUMNKW
  CONFLICT DATABASE DEFERRED DESC DETACH DO
  EACH END EXCLUSIVE EXPLAIN FAIL FOR
  IGNORE IMMEDIATE INITIALLY INSTEAD LIKE_KW MATCH NO PLAN
  QUERY KEY OF OFFSET PRAGMA RAISE RECURSIVE RELEASE REPLACE RESTRICT ROW ROWS
  ROLLBACK SAVEPOINT TEMP TRIGGER VACUUM VIEW VIRTUAL WITH WITHOUT
  NULLS FIRST LAST
  CURRENT FOLLOWING PARTITION PRECEDING RANGE UNBOUNDED
  EXCLUDE GROUPS OTHERS TIES
  GENERATED ALWAYS
  MATERIALIZED
  REINDEX RENAME CTIME_KW IF
  /* Bailiwick's own */
  AUDIENCE CANCEL CERTIFICATE CONNECT DB_WORD DEFINE DISABLE DISABLED DURATION_KW ENABLE FIELD FIELDS GUEST ID_WORD INFO ISSUER LOGIN NAMESPACE NONE OVERWRITE PASSHASH PASSWORD PERMISSIONS
  REFRESH REMOVE ROLE ROLES ROOT SCOPE SESSION SIGNIN SIGNUP TOKEN TYPE USE VALUE
  .
%wildcard ANY.

%left OR.
%left AND.
%right NOT.
%left IS MATCH LIKE_KW BETWEEN IN ISNULL NOTNULL NE EQ.
%left GT LE LT GE.
%right ESCAPE.
%left BITAND BITOR LSHIFT RSHIFT.
%left PLUS MINUS.
%left STAR SLASH REM.
%left CONCAT PTR.
%left COLLATE.
%right BITNOT.
%nonassoc ON.

%token_class id     ID|INDEXED.
%token_class ids    ID|STRING.
%token_class number INTEGER|FLOAT.

/* --- a script --- */
input ::= script.
script ::= script element.
script ::= .
element ::= SEMI.
element ::= statement(S) SEMI(E).                { parse_add_statement(p, S, E.at); }
statement(A) ::= command(A).
statement(A) ::= EXPLAIN(K) command(S).          { A = MAKE(EXPLAIN, K.at, 0, S); }
statement(A) ::= EXPLAIN(K) QUERY PLAN command(S). { A = MAKE(EXPLAIN, K.at, QUERY_PLAN, S); }
statement(A) ::= EXPLAIN(K) PERMISSIONS command(S). { A = MAKE(EXPLAIN_PERMISSIONS, K.at, PRINCIPAL_SELF, NULL, NULL, S); }
statement(A) ::= EXPLAIN(K) PERMISSIONS FOR GUEST command(S).
    { A = MAKE(EXPLAIN_PERMISSIONS, K.at, PRINCIPAL_GUEST, NULL, NULL, S); }
statement(A) ::= EXPLAIN(K) PERMISSIONS FOR LOGIN name(N) command(S).
    { A = MAKE(EXPLAIN_PERMISSIONS, K.at, PRINCIPAL_LOGIN, N, NULL, S); }
statement(A) ::= EXPLAIN(K) PERMISSIONS FOR SCOPE name(N) record_id_opt(I) command(S).
    { A = MAKE(EXPLAIN_PERMISSIONS, K.at, PRINCIPAL_SCOPE, N, I, S); }
record_id_opt(A) ::= .                           { A = NULL; }
record_id_opt(A) ::= ID_WORD signed_number(X).   { A = X; }
record_id_opt(A) ::= ID_WORD STRING(X).          { A = make_literal(p, NODE_STRING, &X); }
record_id_opt(A) ::= ID_WORD VARIABLE(X).        { A = make_variable(p, &X); }

/* --- names --- */
name(A) ::= id(X).                               { A = make_name(p, &X); }
name(A) ::= STRING(X).                           { A = make_name(p, &X); }
name(A) ::= JOIN_KW(X).                          { A = make_name(p, &X); }
%type qualified_name {struct qualified}
qualified_name(A) ::= name(X).                   { A = (struct qualified){NULL, X}; }
qualified_name(A) ::= name(X) DOT name(Y).       { A = (struct qualified){X, Y}; }
names(A) ::= name(X).                            { A = make_list(p, NULL, X); }
names(A) ::= names(L) COMMA name(X).             { A = make_list(p, L, X); }
names_opt(A) ::= .                               { A = NULL; }
names_opt(A) ::= LP names(L) RP.                 { A = L; }
/* column names; what only an index may say, (a COLLATE nocase DESC), SQLite reads here and then refuses */
index_names(A) ::= name(X) index_name_tail(T).   { A = make_list(p, NULL, plain_column_name(p, X, T)); }
index_names(A) ::= index_names(L) COMMA name(X) index_name_tail(T). { A = make_list(p, L, plain_column_name(p, X, T)); }
%type index_name_tail {bool}
%type collate_opt {bool}
index_name_tail(A) ::= collate_opt(C) direction(D). { A = C || D; }
collate_opt(A) ::= .                             { A = false; }
collate_opt(A) ::= COLLATE ids.                  { A = true; }
index_names_opt(A) ::= .                         { A = NULL; }
index_names_opt(A) ::= LP index_names(L) RP.     { A = L; }

/* --- transactions --- */
command(A) ::= BEGIN(K) transaction_kind(F) transaction_opt. { A = MAKE0(BEGIN, K.at, F); }
%type transaction_kind {uint32_t}
transaction_kind(A) ::= .                        { A = TRANSACTION_DEFERRED; }
transaction_kind(A) ::= DEFERRED.                { A = TRANSACTION_DEFERRED; }
transaction_kind(A) ::= IMMEDIATE.               { A = TRANSACTION_IMMEDIATE; }
transaction_kind(A) ::= EXCLUSIVE.               { A = TRANSACTION_EXCLUSIVE; }
transaction_opt ::= .
transaction_opt ::= TRANSACTION.
transaction_opt ::= TRANSACTION name.
command(A) ::= COMMIT|END(K) transaction_opt.    { A = MAKE0(COMMIT, K.at, 0); }
command(A) ::= ROLLBACK(K) transaction_opt.      { A = MAKE(ROLLBACK, K.at, 0, NULL); }
command(A) ::= CANCEL(K) transaction_opt.        { A = MAKE(ROLLBACK, K.at, 0, NULL); }
savepoint_opt ::= SAVEPOINT.
savepoint_opt ::= .
command(A) ::= SAVEPOINT(K) name(X).             { A = MAKE(SAVEPOINT, K.at, 0, X); }
command(A) ::= RELEASE(K) savepoint_opt name(X). { A = MAKE(RELEASE, K.at, 0, X); }
command(A) ::= ROLLBACK(K) transaction_opt TO savepoint_opt name(X). { A = MAKE(ROLLBACK, K.at, 0, X); }

/* --- CREATE TABLE --- */
command(A) ::= CREATE(K) temporary(F) TABLE if_not_exists(I) qualified_name(N) table_body(B).
    { A = table_finish(p, B, K.at, F | I, N.schema, N.name); }
%type temporary {uint32_t}
temporary(A) ::= TEMP.                           { A = TEMPORARY; }
temporary(A) ::= .                               { A = 0; }
%type if_not_exists {uint32_t}
if_not_exists(A) ::= .                           { A = 0; }
if_not_exists(A) ::= IF NOT EXISTS.              { A = IF_NOT_EXISTS; }
%type if_exists {uint32_t}
if_exists(A) ::= .                               { A = 0; }
if_exists(A) ::= IF EXISTS.                      { A = IF_EXISTS; }
table_body(A) ::= LP(K) columns(C) table_constraints_opt(L) RP table_options(F).
    { A = MAKE(CREATE_TABLE, K.at, F, NULL, C, L, NULL); }
table_body(A) ::= AS(K) select(S).               { A = MAKE(CREATE_TABLE, K.at, 0, NULL, NULL, NULL, S); }
%type table_options {uint32_t}
%type table_option {uint32_t}
table_options(A) ::= .                           { A = 0; }
table_options(A) ::= table_option(A).
table_options(A) ::= table_options(X) COMMA table_option(Y). { A = X | Y; }
table_option(A) ::= WITHOUT name(X).             { A = table_option_flag(p, X, true); }
table_option(A) ::= name(X).                     { A = table_option_flag(p, X, false); }
columns(A) ::= columns(L) COMMA column(X).       { A = make_list(p, L, X); }
columns(A) ::= column(X).                        { A = make_list(p, NULL, X); }
column(A) ::= name(N) type_opt(T) column_constraints(L). { A = MAKE(COLUMN_DEFINITION, at(N), 0, N, T, L); }
type_opt(A) ::= .                                { A = NULL; }
type_opt(A) ::= type(A).
type(A) ::= type_words(X).                       { A = type_finish(p, X); }
type(A) ::= type_words(X) LP signed_number RP.   { A = type_finish(p, X); }
type(A) ::= type_words(X) LP signed_number COMMA signed_number RP. { A = type_finish(p, X); }
type_words(A) ::= ids(X).                        { A = MAKE0(TYPE, X.at, 0); }
type_words(A) ::= type_words(A) ids.
signed_number(A) ::= plus_number(A).
signed_number(A) ::= minus_number(A).
plus_number(A) ::= PLUS(K) number(X).            { A = make_number(p, &X, K.at); }
plus_number(A) ::= number(X).                    { A = make_number(p, &X, X.at); }
minus_number(A) ::= MINUS(K) number(X).          { A = make_number(p, &X, K.at); }

column_constraints(A) ::= column_constraints(L) column_constraint(X). { A = X ? make_list(p, L, X) : L; }
column_constraints(A) ::= .                      { A = NULL; }
column_constraint(A) ::= CONSTRAINT(K) name(N).  { A = MAKE(CONSTRAINT, K.at, 0, N, NULL, NULL, NULL); }
column_constraint(A) ::= DEFAULT(K) term(X).     { A = MAKE(CONSTRAINT, K.at, 0, NULL, X, NULL, NULL); }
column_constraint(A) ::= DEFAULT(K) LP expr(X) RP. { A = MAKE(CONSTRAINT, K.at, 0, NULL, X, NULL, NULL); }
column_constraint(A) ::= DEFAULT(K) PLUS term(X). { A = MAKE(CONSTRAINT, K.at, 0, NULL, X, NULL, NULL); }
column_constraint(A) ::= DEFAULT(K) MINUS term(X). { A = MAKE(CONSTRAINT, K.at, 0, NULL, X, NULL, NULL); }
column_constraint(A) ::= DEFAULT id.             { A = NULL; }
column_constraint(A) ::= NULL conflict_clause.   { A = NULL; }
column_constraint(A) ::= NOT NULL conflict_clause. { A = NULL; }
column_constraint(A) ::= PRIMARY KEY direction conflict_clause autoincrement. { A = NULL; }
column_constraint(A) ::= UNIQUE conflict_clause. { A = NULL; }
column_constraint(A) ::= CHECK(K) LP expr(X) RP. { A = MAKE(CONSTRAINT, K.at, CONSTRAINT_CHECK, NULL, X, NULL, NULL); }
column_constraint(A) ::= references(F).          { A = MAKE(CONSTRAINT, at(F), 0, NULL, NULL, NULL, F); }
column_constraint(A) ::= deferrable.             { A = NULL; }
column_constraint(A) ::= COLLATE ids.            { A = NULL; }
column_constraint(A) ::= GENERATED(K) ALWAYS AS generated(X). { A = MAKE(CONSTRAINT, K.at, CONSTRAINT_GENERATED, NULL, X, NULL, NULL); }
column_constraint(A) ::= AS(K) generated(X).     { A = MAKE(CONSTRAINT, K.at, CONSTRAINT_GENERATED, NULL, X, NULL, NULL); }
generated(A) ::= LP expr(X) RP.                  { A = X; }
generated(A) ::= LP expr(X) RP ID.               { A = X; }
autoincrement ::= .
autoincrement ::= AUTOINCR.
references(A) ::= REFERENCES(K) name(N) index_names_opt(L) reference_actions.
    { A = MAKE(FOREIGN, K.at, 0, make_table(p, NULL, N, NULL, NULL), L); }
reference_actions ::= .
reference_actions ::= reference_actions reference_action.
reference_action ::= MATCH name.
reference_action ::= ON INSERT reference_effect.
reference_action ::= ON DELETE reference_effect.
reference_action ::= ON UPDATE reference_effect.
reference_effect ::= SET NULL.
reference_effect ::= SET DEFAULT.
reference_effect ::= CASCADE.
reference_effect ::= RESTRICT.
reference_effect ::= NO ACTION.
deferrable ::= NOT DEFERRABLE initially.
deferrable ::= DEFERRABLE initially.
deferrable_opt ::= .
deferrable_opt ::= deferrable.
initially ::= .
initially ::= INITIALLY DEFERRED.
initially ::= INITIALLY IMMEDIATE.
table_constraints_opt(A) ::= .                   { A = NULL; }
table_constraints_opt(A) ::= COMMA table_constraints(L). { A = L; }
table_constraints(A) ::= table_constraints(L) comma_opt table_constraint(X). { A = make_list(p, L, X); }
table_constraints(A) ::= table_constraint(X).    { A = make_list(p, NULL, X); }
comma_opt ::= COMMA.
comma_opt ::= .
table_constraint(A) ::= CONSTRAINT(K) name(N).   { A = MAKE(CONSTRAINT, K.at, 0, N, NULL, NULL, NULL); }
table_constraint(A) ::= PRIMARY(K) KEY LP terms(L) autoincrement RP conflict_clause.
    { A = MAKE(CONSTRAINT, K.at, 0, NULL, NULL, L, NULL); }
table_constraint(A) ::= UNIQUE(K) LP terms(L) RP conflict_clause. { A = MAKE(CONSTRAINT, K.at, 0, NULL, NULL, L, NULL); }
table_constraint(A) ::= CHECK(K) LP expr(X) RP conflict_clause. { A = MAKE(CONSTRAINT, K.at, CONSTRAINT_CHECK, NULL, X, NULL, NULL); }
table_constraint(A) ::= FOREIGN(K) KEY LP index_names(L) RP references(F) deferrable_opt.
    { A = MAKE(CONSTRAINT, K.at, 0, NULL, NULL, L, F); }
conflict_clause ::= .
conflict_clause ::= ON CONFLICT conflict.
%type conflict {uint32_t}
conflict(A) ::= ROLLBACK.                        { A = CONFLICT_ROLLBACK; }
conflict(A) ::= ABORT.                           { A = CONFLICT_ABORT; }
conflict(A) ::= FAIL.                            { A = CONFLICT_FAIL; }
conflict(A) ::= IGNORE.                          { A = CONFLICT_IGNORE; }
conflict(A) ::= REPLACE.                         { A = CONFLICT_REPLACE; }
%type or_conflict {uint32_t}
or_conflict(A) ::= .                             { A = CONFLICT_NONE; }
or_conflict(A) ::= OR conflict(X).               { A = X; }

/* --- DROP, VIEW --- */
command(A) ::= DROP(K) TABLE if_exists(F) qualified_name(N).
    { A = MAKE(DROP, K.at, F | OBJECT_TABLE, make_table(p, N.schema, N.name, NULL, NULL)); }
command(A) ::= DROP(K) VIEW if_exists(F) qualified_name(N).
    { A = MAKE(DROP, K.at, F | OBJECT_VIEW, make_table(p, N.schema, N.name, NULL, NULL)); }
command(A) ::= DROP(K) INDEX if_exists(F) qualified_name(N).
    { A = MAKE(DROP, K.at, F | OBJECT_INDEX, make_table(p, N.schema, N.name, NULL, NULL)); }
command(A) ::= DROP(K) TRIGGER if_exists(F) qualified_name(N).
    { A = MAKE(DROP, K.at, F | OBJECT_TRIGGER, make_table(p, N.schema, N.name, NULL, NULL)); }
command(A) ::= CREATE(K) temporary(F) VIEW if_not_exists(I) qualified_name(N) index_names_opt(L) AS select(S).
    { A = MAKE(CREATE_VIEW, K.at, F | I, make_table(p, N.schema, N.name, NULL, NULL), L, S); }

/* --- SELECT --- */
select(A) ::= arms(A).
select(A) ::= WITH(K) ctes(L) arms(S).           { A = select_with(p, S, K.at, 0, L); }
select(A) ::= WITH(K) RECURSIVE ctes(L) arms(S). { A = select_with(p, S, K.at, RECURSIVE, L); }
arms(A) ::= arm(A).
arms(A) ::= arms(L) compound(F) arm(R).          { A = select_compound(p, L, F, R); }
%type compound {uint32_t}
compound(A) ::= UNION.                           { A = COMPOUND_UNION; }
compound(A) ::= UNION ALL.                       { A = COMPOUND_UNION_ALL; }
compound(A) ::= EXCEPT.                          { A = COMPOUND_EXCEPT; }
compound(A) ::= INTERSECT.                       { A = COMPOUND_INTERSECT; }
arm(A) ::= SELECT(K) distinct(F) results(C) from_opt(R) where_opt(W) group_opt(G) having_opt(H) order_opt(O) limit_opt(L).
    { A = make_select(p, MAKE(CORE, K.at, F, C, R, W, G, H, NULL), O, L.count, L.offset); }
arm(A) ::= SELECT(K) distinct(F) results(C) from_opt(R) where_opt(W) group_opt(G) having_opt(H) window_clause(D) order_opt(O) limit_opt(L).
    { A = make_select(p, MAKE(CORE, K.at, F, C, R, W, G, H, D), O, L.count, L.offset); }
arm(A) ::= values(X).                            { A = make_select(p, X, NULL, NULL, NULL); }
values(A) ::= VALUES(K) LP exprs(L) RP.          { A = values_add(p, NULL, K.at, L); }
values(A) ::= values(V) COMMA LP exprs(L) RP.    { A = values_add(p, V, at(V), L); }
%type distinct {uint32_t}
distinct(A) ::= DISTINCT.                        { A = DISTINCT; }
distinct(A) ::= ALL.                             { A = ALL; }
distinct(A) ::= .                                { A = 0; }
/* nothing twice: so that the first result stands as deep on the stack as in SQLite's grammar (limits.h) */
results(A) ::= before_result(L) nothing result(X). { A = make_list(p, L, X); }
before_result(A) ::= .                           { A = NULL; }
before_result(A) ::= results(L) COMMA.           { A = L; }
nothing(A) ::= .                                 { A = NULL; }
result(A) ::= expr(X).                           { A = MAKE(RESULT, at(X), 0, X, NULL); }
result(A) ::= expr(X) AS name(N).                { A = MAKE(RESULT, at(X), HAS_AS, X, N); set_end(X, N); }
result(A) ::= expr(X) ids(N).                    { A = MAKE(RESULT, at(X), 0, X, make_name(p, &N)); }
result(A) ::= STAR(K).                           { A = MAKE(STAR, K.at, 0, NULL); }
result(A) ::= name(N) DOT STAR.                  { A = MAKE(STAR, at(N), 0, N); }
alias(A) ::= AS name(X).                         { A = X; }
alias(A) ::= ids(X).                             { A = make_name(p, &X); }
alias(A) ::= .                                   { A = NULL; }

from_opt(A) ::= .                                { A = NULL; }
from_opt(A) ::= FROM joins(X).                   { A = X; }
%type joins_prefix {struct joins}
joins_prefix(A) ::= joins(L) join_operator(F).   { A = (struct joins){L, F}; }
joins_prefix(A) ::= .                            { A = (struct joins){NULL, JOIN_FIRST}; }
joins(A) ::= joins_prefix(L) qualified_name(N) alias(S) join_tail(T).
    { A = join_add(p, L.list, L.kind, make_table(p, N.schema, N.name, S, NULL), T.on, T.using); }
joins(A) ::= joins_prefix(L) qualified_name(N) alias(S) index_hint(H) join_tail(T).
    { A = join_add(p, L.list, L.kind, make_table(p, N.schema, N.name, S, H), T.on, T.using); }
joins(A) ::= joins_prefix(L) qualified_name(N) LP exprs_opt(E) RP alias(S) join_tail(T).
    { A = join_add(p, L.list, L.kind, MAKE(TABLE_FUNCTION, at(N.schema ? N.schema : N.name), 0, N.schema, N.name, E, S), T.on, T.using); }
joins(A) ::= joins_prefix(L) LP(K) select(S) RP alias(N) join_tail(T).
    { A = join_add(p, L.list, L.kind, MAKE(DERIVED, K.at, 0, S, N), T.on, T.using); }
joins(A) ::= joins_prefix(L) LP(K) joins(R) RP alias(N) join_tail(T).
    { A = join_add(p, L.list, L.kind, MAKE(NESTED, K.at, 0, R, N), T.on, T.using); }
%type join_operator {uint32_t}
join_operator(A) ::= COMMA.                      { A = JOIN_COMMA; }
join_operator(A) ::= JOIN.                       { A = JOIN_INNER; }
join_operator(A) ::= JOIN_KW(X) JOIN.            { A = join_words(p, &X, NULL, NULL); }
join_operator(A) ::= JOIN_KW(X) name(Y) JOIN.    { A = join_words(p, &X, Y, NULL); }
join_operator(A) ::= JOIN_KW(X) name(Y) name(Z) JOIN. { A = join_words(p, &X, Y, Z); }
%type join_tail {struct join_tail}
join_tail(A) ::= ON expr(X).                     { A = (struct join_tail){X, NULL}; }
join_tail(A) ::= USING LP names(L) RP.           { A = (struct join_tail){NULL, L}; }
join_tail(A) ::= . [OR]                          { A = (struct join_tail){NULL, NULL}; }
index_hint(A) ::= INDEXED(K) BY name(N).         { A = MAKE(HINT, K.at, 0, N); }
index_hint(A) ::= NOT(K) INDEXED.                { A = MAKE(HINT, K.at, 0, NULL); }
index_hint_opt(A) ::= .                          { A = NULL; }
index_hint_opt(A) ::= index_hint(A).

order_opt(A) ::= .                               { A = NULL; }
order_opt(A) ::= ORDER BY terms(L).              { A = L; }
terms(A) ::= terms(L) COMMA expr(X) direction(D) nulls(N). { A = make_list(p, L, MAKE(TERM, at(X), D | N, X)); }
terms(A) ::= expr(X) direction(D) nulls(N).      { A = make_list(p, NULL, MAKE(TERM, at(X), D | N, X)); }
%type direction {uint32_t}
direction(A) ::= ASC.                            { A = SORT_ASC; }
direction(A) ::= DESC.                           { A = SORT_DESC; }
direction(A) ::= .                               { A = 0; }
%type nulls {uint32_t}
nulls(A) ::= NULLS FIRST.                        { A = SORT_NULLS_FIRST; }
nulls(A) ::= NULLS LAST.                         { A = SORT_NULLS_LAST; }
nulls(A) ::= .                                   { A = 0; }
group_opt(A) ::= .                               { A = NULL; }
group_opt(A) ::= GROUP BY exprs(L).              { A = L; }
having_opt(A) ::= .                              { A = NULL; }
having_opt(A) ::= HAVING expr(X).                { A = X; }
%type limit_opt {struct limit}
limit_opt(A) ::= .                               { A = (struct limit){NULL, NULL}; }
limit_opt(A) ::= LIMIT expr(X).                  { A = (struct limit){X, NULL}; }
limit_opt(A) ::= LIMIT expr(X) OFFSET expr(Y).   { A = (struct limit){X, Y}; }
limit_opt(A) ::= LIMIT expr(X) COMMA expr(Y).    { A = (struct limit){Y, X}; }
where_opt(A) ::= .                               { A = NULL; }
where_opt(A) ::= WHERE expr(X).                  { A = X; }
%type where_returning {struct row_tail}
where_returning(A) ::= .                         { A = (struct row_tail){NULL, NULL}; }
where_returning(A) ::= WHERE expr(X).            { A = (struct row_tail){X, NULL}; }
where_returning(A) ::= RETURNING results(L).     { A = (struct row_tail){NULL, L}; }
where_returning(A) ::= WHERE expr(X) RETURNING results(L). { A = (struct row_tail){X, L}; }

ctes(A) ::= cte(X).                              { A = make_list(p, NULL, X); }
ctes(A) ::= ctes(L) COMMA cte(X).                { A = make_list(p, L, X); }
cte(A) ::= name(N) index_names_opt(C) materialized(F) LP select(S) RP. { A = MAKE(CTE, at(N), F, N, C, S); }
%type materialized {uint32_t}
materialized(A) ::= AS.                          { A = 0; }
materialized(A) ::= AS MATERIALIZED.             { A = MATERIALIZED; }
materialized(A) ::= AS NOT MATERIALIZED.         { A = NOT_MATERIALIZED; }
with(A) ::= .                                    { A = NULL; }
with(A) ::= WITH(K) ctes(L).                     { A = MAKE(WITH, K.at, 0, L); }
with(A) ::= WITH(K) RECURSIVE ctes(L).           { A = MAKE(WITH, K.at, RECURSIVE, L); }

/* --- DELETE, UPDATE, INSERT --- */
target(A) ::= name(N).                           { A = make_table(p, NULL, N, NULL, NULL); }
target(A) ::= name(S) DOT name(N).               { A = make_table(p, S, N, NULL, NULL); }
target(A) ::= name(S) DOT name(N) AS name(X).    { A = make_table(p, S, N, X, NULL); }
target(A) ::= name(N) AS name(X).                { A = make_table(p, NULL, N, X, NULL); }
command(A) ::= row_statement(A).
row_statement(A) ::= select(A).
row_statement(A) ::= with(W) DELETE(K) FROM target(T) index_hint_opt(H) where_returning(R) order_opt(O) limit_opt(L).
    { A = MAKE(DELETE, W ? at(W) : K.at, 0, W, table_hint(T, H), R.where, R.returning, O, L.count, L.offset); }
row_statement(A) ::= with(W) UPDATE(K) or_conflict(C) target(T) index_hint_opt(H) SET sets(S) from_opt(F) where_returning(R) order_opt(O) limit_opt(L).
    { A = MAKE(UPDATE, W ? at(W) : K.at, C, W, table_hint(T, H), S, F, R.where, R.returning, O, L.count, L.offset); }
sets(A) ::= set(X).                              { A = make_list(p, NULL, X); }
sets(A) ::= sets(L) COMMA set(X).                { A = make_list(p, L, X); }
set(A) ::= name(N) EQ expr(X).                   { A = MAKE(SET, at(N), 0, make_list(p, NULL, N), X); }
set(A) ::= LP(K) names(L) RP EQ expr(X).         { A = MAKE(SET, K.at, HAS_PARENTHESES, L, X); }
row_statement(A) ::= with(W) insert(F) INTO target(T) names_opt(C) select(S) upserts(U).
    { A = MAKE(INSERT, W ? at(W) : p->insert_at, F, W, T, C, S, U.list, U.returning); }
row_statement(A) ::= with(W) insert(F) INTO target(T) names_opt(C) LITERAL_ROWS(R) upserts(U).
    { A = MAKE(INSERT, W ? at(W) : p->insert_at, F, W, T, C, make_literal_rows(p, &R), U.list, U.returning); }
row_statement(A) ::= with(W) insert(F) INTO target(T) names_opt(C) DEFAULT VALUES returning_opt(R).
    { A = MAKE(INSERT, W ? at(W) : p->insert_at, F, W, T, C, NULL, NULL, R); }
%type insert {uint32_t}
insert(A) ::= INSERT(K) or_conflict(C).          { A = C; p->insert_at = K.at; }
insert(A) ::= REPLACE(K).                        { A = CONFLICT_REPLACE | REPLACE_WORD; p->insert_at = K.at; }
returning_opt(A) ::= .                           { A = NULL; }
returning_opt(A) ::= RETURNING results(L).       { A = L; }
%type upserts {struct upsert_tail}
upserts(A) ::= .                                 { A = (struct upsert_tail){NULL, NULL}; }
upserts(A) ::= RETURNING results(L).             { A = (struct upsert_tail){NULL, L}; }
upserts(A) ::= ON(K) CONFLICT LP terms(T) RP where_opt(C) DO UPDATE SET sets(S) where_opt(W) upserts(U).
    { A.list = list_prepend(p, MAKE(UPSERT, K.at, 0, T, C, S, W), U.list); A.returning = U.returning; }
upserts(A) ::= ON(K) CONFLICT LP terms(T) RP where_opt(C) DO NOTHING upserts(U).
    { A.list = list_prepend(p, MAKE(UPSERT, K.at, 0, T, C, NULL, NULL), U.list); A.returning = U.returning; }
upserts(A) ::= ON(K) CONFLICT DO NOTHING returning_opt(R).
    { A.list = make_list(p, NULL, MAKE(UPSERT, K.at, 0, NULL, NULL, NULL, NULL)); A.returning = R; }
upserts(A) ::= ON(K) CONFLICT DO UPDATE SET sets(S) where_opt(W) returning_opt(R).
    { A.list = make_list(p, NULL, MAKE(UPSERT, K.at, 0, NULL, NULL, S, W)); A.returning = R; }

/* --- expressions --- */
expr(A) ::= term(A).
expr(A) ::= LP(K) expr(X) RP.                    { A = parenthesised(p, X, K.at); }
expr(A) ::= id(X).                               { A = make_column(p, NULL, NULL, make_name(p, &X)); }
expr(A) ::= JOIN_KW(X).                          { A = make_column(p, NULL, NULL, make_name(p, &X)); }
expr(A) ::= name(T) DOT name(C).                 { A = make_column(p, NULL, T, C); }
expr(A) ::= name(S) DOT name(T) DOT name(C).     { A = make_column(p, S, T, C); }
term(A) ::= NULL(X).                             { A = make_literal(p, NODE_NULL_VALUE, &X); }
term(A) ::= FLOAT(X).                            { A = make_literal(p, NODE_REAL, &X); }
term(A) ::= BLOB(X).                             { A = make_literal(p, NODE_BLOB, &X); }
term(A) ::= STRING(X).                           { A = make_literal(p, NODE_STRING, &X); }
term(A) ::= INTEGER(X).                          { A = make_literal(p, NODE_INTEGER, &X); }
term(A) ::= CTIME_KW(X).                         { A = make_literal(p, NODE_CURRENT, &X); }
expr(A) ::= VARIABLE(X).                         { A = make_variable(p, &X); }
expr(A) ::= expr(X) COLLATE ids(N).              { A = MAKE(COLLATE, at(X), 0, X, make_name(p, &N)); }
expr(A) ::= CAST(K) LP expr(X) AS type_opt(T) RP. { A = MAKE(CAST, K.at, 0, X, T); }
expr(A) ::= id(N) LP distinct(F) exprs_opt(L) RP. { A = make_call(p, &N, F, L, NULL, NULL); }
expr(A) ::= id(N) LP STAR RP.                    { A = make_call(p, &N, STAR_ARGUMENT, NULL, NULL, NULL); }
expr(A) ::= id(N) LP distinct(F) exprs_opt(L) RP call_tail(T). { A = make_call(p, &N, F, L, T.filter, T.over); }
expr(A) ::= id(N) LP STAR RP call_tail(T).       { A = make_call(p, &N, STAR_ARGUMENT, NULL, T.filter, T.over); }
expr(A) ::= LP(K) exprs(L) COMMA expr(X) RP.     { A = make_row(p, K.at, L, X); }
expr(A) ::= expr(X) AND expr(Y).                 { A = MAKE(BINARY, at(X), OPERATOR_AND, X, Y); }
expr(A) ::= expr(X) OR expr(Y).                  { A = MAKE(BINARY, at(X), OPERATOR_OR, X, Y); }
expr(A) ::= expr(X) LT expr(Y).                  { A = MAKE(BINARY, at(X), OPERATOR_LESS, X, Y); }
expr(A) ::= expr(X) GT expr(Y).                  { A = MAKE(BINARY, at(X), OPERATOR_GREATER, X, Y); }
expr(A) ::= expr(X) LE expr(Y).                  { A = MAKE(BINARY, at(X), OPERATOR_LESS_EQUAL, X, Y); }
expr(A) ::= expr(X) GE expr(Y).                  { A = MAKE(BINARY, at(X), OPERATOR_GREATER_EQUAL, X, Y); }
expr(A) ::= expr(X) EQ expr(Y).                  { A = MAKE(BINARY, at(X), OPERATOR_EQUAL, X, Y); }
expr(A) ::= expr(X) NE expr(Y).                  { A = MAKE(BINARY, at(X), OPERATOR_NOT_EQUAL, X, Y); }
expr(A) ::= expr(X) BITAND expr(Y).              { A = MAKE(BINARY, at(X), OPERATOR_BIT_AND, X, Y); }
expr(A) ::= expr(X) BITOR expr(Y).               { A = MAKE(BINARY, at(X), OPERATOR_BIT_OR, X, Y); }
expr(A) ::= expr(X) LSHIFT expr(Y).              { A = MAKE(BINARY, at(X), OPERATOR_SHIFT_LEFT, X, Y); }
expr(A) ::= expr(X) RSHIFT expr(Y).              { A = MAKE(BINARY, at(X), OPERATOR_SHIFT_RIGHT, X, Y); }
expr(A) ::= expr(X) PLUS expr(Y).                { A = MAKE(BINARY, at(X), OPERATOR_ADD, X, Y); }
expr(A) ::= expr(X) MINUS expr(Y).               { A = MAKE(BINARY, at(X), OPERATOR_SUBTRACT, X, Y); }
expr(A) ::= expr(X) STAR expr(Y).                { A = MAKE(BINARY, at(X), OPERATOR_MULTIPLY, X, Y); }
expr(A) ::= expr(X) SLASH expr(Y).               { A = MAKE(BINARY, at(X), OPERATOR_DIVIDE, X, Y); }
expr(A) ::= expr(X) REM expr(Y).                 { A = MAKE(BINARY, at(X), OPERATOR_REMAINDER, X, Y); }
expr(A) ::= expr(X) CONCAT expr(Y).              { A = MAKE(BINARY, at(X), OPERATOR_CONCATENATE, X, Y); }
expr(A) ::= expr(X) PTR(O) expr(Y).
    { A = MAKE(BINARY, at(X), O.text.length == 3 ? OPERATOR_JSON_TEXT : OPERATOR_JSON, X, Y); }
%type like {uint32_t}
like(A) ::= LIKE_KW|MATCH(O).                    { A = like_operator(&O); }
like(A) ::= NOT LIKE_KW|MATCH(O).                { A = like_operator(&O) | NEGATED; }
expr(A) ::= expr(X) like(O) expr(Y). [LIKE_KW]   { A = MAKE(LIKE, at(X), O, X, Y, NULL); }
expr(A) ::= expr(X) like(O) expr(Y) ESCAPE expr(E). [LIKE_KW] { A = MAKE(LIKE, at(X), O, X, Y, E); }
expr(A) ::= expr(X) ISNULL.                      { A = MAKE(IS_NULL, at(X), 0, X); }
expr(A) ::= expr(X) NOTNULL.                     { A = MAKE(IS_NULL, at(X), NEGATED, X); }
expr(A) ::= expr(X) NOT NULL.                    { A = MAKE(IS_NULL, at(X), NEGATED, X); }
expr(A) ::= expr(X) IS expr(Y).                  { A = MAKE(BINARY, at(X), OPERATOR_IS, X, Y); }
expr(A) ::= expr(X) IS NOT expr(Y).              { A = MAKE(BINARY, at(X), OPERATOR_IS_NOT, X, Y); }
expr(A) ::= expr(X) IS NOT DISTINCT FROM expr(Y). { A = MAKE(BINARY, at(X), OPERATOR_IS_NOT_DISTINCT, X, Y); }
expr(A) ::= expr(X) IS DISTINCT FROM expr(Y).    { A = MAKE(BINARY, at(X), OPERATOR_IS_DISTINCT, X, Y); }
expr(A) ::= NOT(K) expr(X).                      { A = MAKE(UNARY, K.at, OPERATOR_NOT, X); }
expr(A) ::= BITNOT(K) expr(X).                   { A = MAKE(UNARY, K.at, OPERATOR_BIT_NOT, X); }
expr(A) ::= PLUS(K) expr(X). [BITNOT]            { A = MAKE(UNARY, K.at, OPERATOR_PLUS, X); }
expr(A) ::= MINUS(K) expr(X). [BITNOT]           { A = MAKE(UNARY, K.at, OPERATOR_MINUS, X); }
%type between {uint32_t}
between(A) ::= BETWEEN.                          { A = 0; }
between(A) ::= NOT BETWEEN.                      { A = NEGATED; }
expr(A) ::= expr(X) between(N) expr(L) AND expr(H). [BETWEEN] { A = MAKE(BETWEEN, at(X), N, X, L, H); }
%type in {uint32_t}
in(A) ::= IN.                                    { A = 0; }
in(A) ::= NOT IN.                                { A = NEGATED; }
expr(A) ::= expr(X) in(N) LP exprs_opt(L) RP. [IN] { A = MAKE(IN_LIST, at(X), N, X, L); }
expr(A) ::= LP(K) select(S) RP.                  { A = MAKE(SUBQUERY, K.at, 0, S); }
expr(A) ::= expr(X) in(N) LP select(S) RP. [IN]  { A = MAKE(IN_SELECT, at(X), N, X, S); }
expr(A) ::= expr(X) in(N) qualified_name(T). [IN]
    { A = MAKE(IN_TABLE, at(X), N, X, make_table(p, T.schema, T.name, NULL, NULL)); }
expr(A) ::= expr(X) in(N) qualified_name(T) LP exprs_opt(L) RP. [IN]
    { A = MAKE(IN_TABLE, at(X), N, X, MAKE(TABLE_FUNCTION, at(T.schema ? T.schema : T.name), 0, T.schema, T.name, L, NULL)); }
expr(A) ::= EXISTS(K) LP select(S) RP.           { A = MAKE(EXISTS, K.at, 0, S); }
expr(A) ::= CASE(K) expr_opt(X) whens(L) else(E) END. { A = MAKE(CASE, K.at, 0, X, L, E); }
whens(A) ::= whens(L) WHEN(K) expr(X) THEN expr(Y). { A = make_list(p, L, MAKE(WHEN, K.at, 0, X, Y)); }
whens(A) ::= WHEN(K) expr(X) THEN expr(Y).       { A = make_list(p, NULL, MAKE(WHEN, K.at, 0, X, Y)); }
else(A) ::= ELSE expr(X).                        { A = X; }
else(A) ::= .                                    { A = NULL; }
expr_opt(A) ::= expr(A).
expr_opt(A) ::= .                                { A = NULL; }
exprs_opt(A) ::= exprs(A).
exprs_opt(A) ::= .                               { A = NULL; }
exprs(A) ::= exprs(L) COMMA expr(X).             { A = make_list(p, L, X); }
exprs(A) ::= expr(X).                            { A = make_list(p, NULL, X); }
expr(A) ::= RAISE(K) LP IGNORE RP.               { A = MAKE(RAISE, K.at, CONFLICT_IGNORE, NULL); }
expr(A) ::= RAISE(K) LP raise(F) COMMA name(N) RP. { A = MAKE(RAISE, K.at, F, N); }
%type raise {uint32_t}
raise(A) ::= ROLLBACK.                           { A = CONFLICT_ROLLBACK; }
raise(A) ::= ABORT.                              { A = CONFLICT_ABORT; }
raise(A) ::= FAIL.                               { A = CONFLICT_FAIL; }

/* --- windows --- */
%type call_tail {struct call_tail}
call_tail(A) ::= filter(X) over(Y).              { A = (struct call_tail){X, Y}; }
call_tail(A) ::= over(Y).                        { A = (struct call_tail){NULL, Y}; }
call_tail(A) ::= filter(X).                      { A = (struct call_tail){X, NULL}; }
filter(A) ::= FILTER LP WHERE expr(X) RP.        { A = X; }
over(A) ::= OVER LP window(X) RP.                { A = X; }
over(A) ::= OVER name(X).                        { A = X; }
window_clause(A) ::= WINDOW windows(L).          { A = L; }
windows(A) ::= named_window(X).                  { A = make_list(p, NULL, X); }
windows(A) ::= windows(L) COMMA named_window(X). { A = make_list(p, L, X); }
named_window(A) ::= name(N) AS LP window(W) RP.  { A = window_name(W, N); }
window(A) ::= PARTITION(K) BY exprs(L) order_opt(O) frame_opt(F). { A = MAKE(WINDOW, K.at, 0, NULL, NULL, L, O, F); }
window(A) ::= name(B) PARTITION BY exprs(L) order_opt(O) frame_opt(F). { A = MAKE(WINDOW, at(B), 0, NULL, B, L, O, F); }
window(A) ::= ORDER(K) BY terms(O) frame_opt(F). { A = MAKE(WINDOW, K.at, 0, NULL, NULL, NULL, O, F); }
window(A) ::= name(B) ORDER BY terms(O) frame_opt(F). { A = MAKE(WINDOW, at(B), 0, NULL, B, NULL, O, F); }
window(A) ::= frame_opt(F).                      { A = MAKE(WINDOW, F ? at(F) : p->previous_end, 0, NULL, NULL, NULL, NULL, F); }
window(A) ::= name(B) frame_opt(F).              { A = MAKE(WINDOW, at(B), 0, NULL, B, NULL, NULL, F); }
frame_opt(A) ::= .                               { A = NULL; }
frame_opt(A) ::= frame_kind(K) frame_start(S) exclude_opt(X). { A = frame_finish(p, K, X, S, NULL); }
frame_opt(A) ::= frame_kind(K) BETWEEN frame_start(S) AND frame_end(E) exclude_opt(X). { A = frame_finish(p, K, X, S, E); }
%type frame_kind {uint32_t}
frame_kind(A) ::= RANGE.                         { A = FRAME_RANGE; }
frame_kind(A) ::= ROWS.                          { A = FRAME_ROWS; }
frame_kind(A) ::= GROUPS.                        { A = FRAME_GROUPS; }
frame_start(A) ::= frame_bound(A).
frame_start(A) ::= UNBOUNDED(K) PRECEDING.       { A = MAKE(BOUND, K.at, BOUND_UNBOUNDED_PRECEDING, NULL); }
frame_end(A) ::= frame_bound(A).
frame_end(A) ::= UNBOUNDED(K) FOLLOWING.         { A = MAKE(BOUND, K.at, BOUND_UNBOUNDED_FOLLOWING, NULL); }
frame_bound(A) ::= expr(X) PRECEDING.            { A = MAKE(BOUND, at(X), BOUND_PRECEDING, X); }
frame_bound(A) ::= expr(X) FOLLOWING.            { A = MAKE(BOUND, at(X), BOUND_FOLLOWING, X); }
frame_bound(A) ::= CURRENT(K) ROW.               { A = MAKE(BOUND, K.at, BOUND_CURRENT_ROW, NULL); }
%type exclude_opt {uint32_t}
exclude_opt(A) ::= .                             { A = 0; }
exclude_opt(A) ::= EXCLUDE NO OTHERS.            { A = FRAME_EXCLUDE_NO_OTHERS; }
exclude_opt(A) ::= EXCLUDE CURRENT ROW.          { A = FRAME_EXCLUDE_CURRENT_ROW; }
exclude_opt(A) ::= EXCLUDE GROUP.                { A = FRAME_EXCLUDE_GROUP; }
exclude_opt(A) ::= EXCLUDE TIES.                 { A = FRAME_EXCLUDE_TIES; }

/* --- the rest of SQLite's statements --- */
command(A) ::= CREATE(K) unique(F) INDEX if_not_exists(I) qualified_name(N) ON name(T) LP terms(L) RP where_opt(W).
    { A = MAKE(CREATE_INDEX, K.at, F | I, make_table(p, N.schema, N.name, NULL, NULL), make_table(p, NULL, T, NULL, NULL), L, W); }
%type unique {uint32_t}
unique(A) ::= UNIQUE.                            { A = UNIQUE; }
unique(A) ::= .                                  { A = 0; }
command(A) ::= VACUUM(K) vacuum_into(I).         { A = MAKE(VACUUM, K.at, 0, NULL, I); }
command(A) ::= VACUUM(K) name(N) vacuum_into(I). { A = MAKE(VACUUM, K.at, 0, N, I); }
vacuum_into(A) ::= INTO expr(X).                 { A = X; }
vacuum_into(A) ::= .                             { A = NULL; }
command(A) ::= PRAGMA(K) qualified_name(N).      { A = MAKE(PRAGMA, K.at, 0, N.schema, N.name, NULL); }
command(A) ::= PRAGMA(K) qualified_name(N) EQ pragma_value(V). { A = MAKE(PRAGMA, K.at, 0, N.schema, N.name, V); }
command(A) ::= PRAGMA(K) qualified_name(N) LP pragma_value(V) RP. { A = MAKE(PRAGMA, K.at, 0, N.schema, N.name, V); }
command(A) ::= PRAGMA(K) qualified_name(N) EQ minus_number(V). { A = MAKE(PRAGMA, K.at, 0, N.schema, N.name, V); }
command(A) ::= PRAGMA(K) qualified_name(N) LP minus_number(V) RP. { A = MAKE(PRAGMA, K.at, 0, N.schema, N.name, V); }
pragma_value(A) ::= plus_number(A).
pragma_value(A) ::= name(A).
pragma_value(A) ::= ON(X).                       { A = make_name(p, &X); }
pragma_value(A) ::= DELETE(X).                   { A = make_name(p, &X); }
pragma_value(A) ::= DEFAULT(X).                  { A = make_name(p, &X); }

command(A) ::= CREATE(K) temporary(F) TRIGGER if_not_exists(I) qualified_name(N) trigger_time trigger_event(E) ON qualified_name(T) for_each when_opt(W) BEGIN steps(S) END.
    { A = MAKE(CREATE_TRIGGER, K.at, F | I, make_table(p, N.schema, N.name, NULL, NULL), E, make_table(p, T.schema, T.name, NULL, NULL), W, S); }
trigger_time ::= BEFORE|AFTER.
trigger_time ::= INSTEAD OF.
trigger_time ::= .
trigger_event(A) ::= DELETE|INSERT.              { A = NULL; }
trigger_event(A) ::= UPDATE.                     { A = NULL; }
trigger_event(A) ::= UPDATE OF names(L).         { A = L; }
for_each ::= .
for_each ::= FOR EACH ROW.
when_opt(A) ::= .                                { A = NULL; }
when_opt(A) ::= WHEN expr(X).                    { A = X; }
steps(A) ::= steps(L) step(X) SEMI.              { A = make_list(p, L, X); }
steps(A) ::= step(X) SEMI.                       { A = make_list(p, NULL, X); }
step_target(A) ::= name(N).                      { A = make_table(p, NULL, N, NULL, NULL); }
step(A) ::= UPDATE(K) or_conflict(C) step_target(T) SET sets(S) from_opt(F) where_opt(W).
    { A = MAKE(UPDATE, K.at, C, NULL, T, S, F, W, NULL, NULL, NULL, NULL); }
step(A) ::= insert(F) INTO step_target(T) names_opt(C) select(S) upserts(U).
    { if (U.returning) report_error(p, at(U.returning), "cannot use RETURNING in a trigger");
      A = MAKE(INSERT, p->insert_at, F, NULL, T, C, S, U.list, U.returning); }
step(A) ::= DELETE(K) FROM step_target(T) where_opt(W). { A = MAKE(DELETE, K.at, 0, NULL, T, W, NULL, NULL, NULL, NULL); }
step(A) ::= select(A).

command(A) ::= ATTACH(K) database_opt expr(F) AS expr(D) key_opt(P). { A = MAKE(ATTACH, K.at, 0, F, D, P); }
command(A) ::= DETACH(K) database_opt expr(D).   { A = MAKE(DETACH, K.at, 0, D); }
database_opt ::= DATABASE.
database_opt ::= .
key_opt(A) ::= .                                 { A = NULL; }
key_opt(A) ::= KEY expr(X).                      { A = X; }
command(A) ::= REINDEX(K).                       { A = MAKE(REINDEX, K.at, 0, NULL); }
command(A) ::= REINDEX(K) qualified_name(N).     { A = MAKE(REINDEX, K.at, 0, make_table(p, N.schema, N.name, NULL, NULL)); }
command(A) ::= ANALYZE(K).                       { A = MAKE(ANALYZE, K.at, 0, NULL); }
command(A) ::= ANALYZE(K) qualified_name(N).     { A = MAKE(ANALYZE, K.at, 0, make_table(p, N.schema, N.name, NULL, NULL)); }
command(A) ::= ALTER(K) TABLE qualified_name(N) RENAME TO name(T).
    { A = MAKE(ALTER, K.at, ALTER_RENAME_TABLE, make_table(p, N.schema, N.name, NULL, NULL), NULL, T, NULL); }
command(A) ::= ALTER(K) TABLE qualified_name(N) ADD column_word_opt column(D).
    { A = MAKE(ALTER, K.at, ALTER_ADD_COLUMN, make_table(p, N.schema, N.name, NULL, NULL), NULL, NULL, D); }
command(A) ::= ALTER(K) TABLE qualified_name(N) DROP column_word_opt name(C).
    { A = MAKE(ALTER, K.at, ALTER_DROP_COLUMN, make_table(p, N.schema, N.name, NULL, NULL), C, NULL, NULL); }
command(A) ::= ALTER(K) TABLE qualified_name(N) RENAME column_word_opt name(C) TO name(T).
    { A = MAKE(ALTER, K.at, ALTER_RENAME_COLUMN, make_table(p, N.schema, N.name, NULL, NULL), C, T, NULL); }
column_word_opt ::= .
column_word_opt ::= COLUMNKW.
command(A) ::= CREATE(K) VIRTUAL TABLE if_not_exists(I) qualified_name(N) USING name(M).
    { A = MAKE(CREATE_VIRTUAL, K.at, I, make_table(p, N.schema, N.name, NULL, NULL), M); }
command(A) ::= CREATE(K) VIRTUAL TABLE if_not_exists(I) qualified_name(N) USING name(M) LP module_arguments RP.
    { A = MAKE(CREATE_VIRTUAL, K.at, I, make_table(p, N.schema, N.name, NULL, NULL), M); }
module_arguments ::= module_argument.
module_arguments ::= module_arguments COMMA module_argument.
module_argument ::= .
module_argument ::= module_argument module_token.
module_token ::= ANY.
module_token ::= module_lp module_any RP.
module_lp ::= LP.
module_any ::= .
module_any ::= module_any LP module_any RP.
module_any ::= module_any ANY.

/* --- Bailiwick's statements --- */
database(A) ::= DATABASE(K).                     { A = make_name(p, &K); }
database(A) ::= DB_WORD(K).                      { A = make_name(p, &K); }
command(A) ::= USE(K) NAMESPACE name(N).         { A = MAKE(USE, K.at, 0, N, NULL); }
command(A) ::= USE(K) database name(D).          { A = MAKE(USE, K.at, 0, NULL, D); }
command(A) ::= USE(K) NAMESPACE name(N) database name(D). { A = MAKE(USE, K.at, 0, N, D); }

command(A) ::= DEFINE(K) NAMESPACE define_mode(F) name(N). { A = MAKE(DEFINE_NAMESPACE, K.at, F, N); }
command(A) ::= DEFINE(K) database define_mode(F) name(N). { A = MAKE(DEFINE_DATABASE, K.at, F, N); }
command(A) ::= DEFINE(K) LOGIN define_mode(F) name(N) ON level(L) login_parts(P). { A = login_finish(p, P, K.at, F, N, L); }
command(A) ::= DEFINE(K) TOKEN define_mode(F) name(N) ON token_level(L) TYPE name(T) token_parts(P).
    { A = token_finish(p, P, K.at, F, N, L, T); }
command(A) ::= DEFINE(K) SCOPE define_mode(F) name(N) scope_parts(P). { A = scope_finish(p, P, K.at, F, N); }
command(A) ::= DEFINE(K) TABLE define_mode(F) name(N) PERMISSIONS permissions(L).
    { A = MAKE(DEFINE_TABLE, K.at, F, N, L); }
command(A) ::= DEFINE(K) FIELD define_mode(F) name(N) ON table_word_opt name(T) PERMISSIONS permissions(L).
    { A = MAKE(DEFINE_FIELD, K.at, F, N, T, L); }
command(A) ::= DEFINE(K) ROLE define_mode(F) name(N) ON level(L) ROLES roles(R). { A = MAKE(DEFINE_ROLE, K.at, F, N, L, R, NULL); }
command(A) ::= DEFINE(K) ROLE define_mode(F) name(N) ON level(L) roles_opt(R) PERMISSIONS role_tables(T).
    { A = MAKE(DEFINE_ROLE, K.at, F, N, L, R, T); }
roles_opt(A) ::= .                               { A = NULL; }
roles_opt(A) ::= ROLES roles(L).                  { A = L; }
roles(A) ::= role(X).                            { A = make_list(p, NULL, X); }
roles(A) ::= roles(L) COMMA role(X).             { A = make_list(p, L, X); }
role(A) ::= name(N).                             { A = MAKE(ROLE, at(N), 0, N, NULL); }
role(A) ::= name(N) LP role_databases(L) RP.     { A = MAKE(ROLE, at(N), 0, N, L); }
role_databases(A) ::= role_database(X).          { A = make_list(p, NULL, X); }
role_databases(A) ::= role_databases(L) COMMA role_database(X). { A = make_list(p, L, X); }
role_database(A) ::= qualified_name(N).          { A = make_table(p, N.schema, N.name, NULL, NULL); }
role_tables(A) ::= NONE.                         { A = NULL; }
role_tables(A) ::= role_parts(A).
role_parts(A) ::= role_table(X).                 { A = make_list(p, NULL, X); }
role_parts(A) ::= role_parts(L) comma_opt role_table(X). { A = make_list(p, L, X); }
role_parts(A) ::= role_parts(A) comma_opt permission(X). { role_permission(p, A, ROLE_TABLE_PERMISSIONS, X); }
role_parts(A) ::= role_parts(A) comma_opt FIELDS(K) LP role_fields(L) RP. { role_fields(p, A, K.at, L); }
role_table(A) ::= TABLE(K) name(N).              { A = MAKE(ROLE_TABLE, K.at, 0, N, NULL, NULL); }
role_table(A) ::= TABLE(K) name(N) permissions_of_all(L). { A = MAKE(ROLE_TABLE, K.at, 0, N, L, NULL); }
role_fields(A) ::= role_field(X).                { A = make_list(p, NULL, X); }
role_fields(A) ::= role_fields(L) COMMA role_field(X). { A = make_list(p, L, X); }
role_fields(A) ::= role_fields(A) permission(X). { role_permission(p, A, ROLE_FIELD_PERMISSIONS, X); }
role_fields(A) ::= role_fields(A) COMMA permission(X). { role_permission(p, A, ROLE_FIELD_PERMISSIONS, X); }
role_field(A) ::= name(N).                       { A = MAKE(ROLE_FIELD, at(N), 0, N, NULL); }
role_field(A) ::= name(N) permissions_of_all(L). { A = MAKE(ROLE_FIELD, at(N), 0, N, L); }
table_word_opt ::= TABLE.
table_word_opt ::= .
%type define_mode {uint32_t}
define_mode(A) ::= .                             { A = 0; }
define_mode(A) ::= IF NOT EXISTS.                { A = IF_NOT_EXISTS; }
define_mode(A) ::= OVERWRITE.                    { A = OVERWRITE; }
level(A) ::= ROOT(K).                            { A = MAKE(LEVEL, K.at, LEVEL_ON_ROOT, NULL); }
level(A) ::= NAMESPACE(K).                       { A = MAKE(LEVEL, K.at, LEVEL_ON_NAMESPACE, NULL); }
level(A) ::= database(K).                        { A = MAKE(LEVEL, at(K), LEVEL_ON_DATABASE, NULL); }
token_parts(A) ::= .                             { A = MAKE(DEFINE_TOKEN, NOWHERE, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL); }
token_parts(A) ::= token_parts(P) VALUE STRING(X). { A = part(p, P, DEFINE_TOKEN_VALUE, make_literal(p, NODE_STRING, &X), "VALUE"); }
token_parts(A) ::= token_parts(P) ISSUER STRING(X). { A = part(p, P, DEFINE_TOKEN_ISSUER, make_literal(p, NODE_STRING, &X), "ISSUER"); }
token_parts(A) ::= token_parts(P) AUDIENCE STRING(X). { A = part(p, P, DEFINE_TOKEN_AUDIENCE, make_literal(p, NODE_STRING, &X), "AUDIENCE"); }
token_parts(A) ::= token_parts(P) ROLES roles(L). { A = part(p, P, DEFINE_TOKEN_ROLES, L, "ROLES"); }
token_level(A) ::= NAMESPACE(K).                 { A = MAKE(LEVEL, K.at, LEVEL_ON_NAMESPACE, NULL); }
token_level(A) ::= database(K).                  { A = MAKE(LEVEL, at(K), LEVEL_ON_DATABASE, NULL); }
token_level(A) ::= SCOPE(K) name(N).             { A = MAKE(LEVEL, K.at, LEVEL_ON_SCOPE, N); }
login_parts(A) ::= .                             { A = MAKE(DEFINE_LOGIN, NOWHERE, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL); }
login_parts(A) ::= login_parts(P) PASSWORD STRING(X). { A = part(p, P, DEFINE_LOGIN_PASSWORD, make_literal(p, NODE_STRING, &X), "PASSWORD"); }
login_parts(A) ::= login_parts(P) PASSHASH STRING(X). { A = part(p, P, DEFINE_LOGIN_PASSHASH, make_literal(p, NODE_STRING, &X), "PASSHASH"); }
login_parts(A) ::= login_parts(P) CERTIFICATE STRING(X). { A = part(p, P, DEFINE_LOGIN_CERTIFICATE, make_literal(p, NODE_STRING, &X), "CERTIFICATE"); }
login_parts(A) ::= login_parts(P) WITH(K) REFRESH duration_opt(D). { A = part(p, P, DEFINE_LOGIN_REFRESH, or_duration(p, D, K.at, "30d"), "WITH REFRESH"); }
login_parts(A) ::= login_parts(P) DISABLED(K).   { A = login_disabled(p, P, K.at); }
login_parts(A) ::= login_parts(P) ROLES roles(L). { A = part(p, P, DEFINE_LOGIN_ROLES, L, "ROLES"); }
login_parts(A) ::= login_parts(P) DURATION_KW FOR TOKEN duration(D). { A = part(p, P, DEFINE_LOGIN_DURATION, D, "DURATION"); }
duration_opt(A) ::= duration(A).
duration_opt(A) ::= .                            { A = NULL; }
duration(A) ::= DURATION(X).                     { A = make_duration(p, &X); }
scope_parts(A) ::= .                             { A = MAKE(DEFINE_SCOPE, NOWHERE, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL); }
scope_parts(A) ::= scope_parts(P) SESSION duration(D). { A = part(p, P, DEFINE_SCOPE_SESSION, D, "SESSION"); }
scope_parts(A) ::= scope_parts(P) WITH(K) REFRESH duration_opt(D). { A = part(p, P, DEFINE_SCOPE_REFRESH, or_duration(p, D, K.at, "7d"), "WITH REFRESH"); }
scope_parts(A) ::= scope_parts(P) SIGNUP as_opt LP row_statement(S) RP. { A = part(p, P, DEFINE_SCOPE_SIGNUP, S, "SIGNUP"); }
scope_parts(A) ::= scope_parts(P) SIGNIN as_opt LP row_statement(S) RP. { A = part(p, P, DEFINE_SCOPE_SIGNIN, S, "SIGNIN"); }
scope_parts(A) ::= scope_parts(P) CONNECT as_opt LP row_statement(S) RP. { A = part(p, P, DEFINE_SCOPE_CONNECT, S, "CONNECT"); }
scope_parts(A) ::= scope_parts(P) ON SIGNUP LP row_statements(L) RP. { A = part(p, P, DEFINE_SCOPE_ON_SIGNUP, L, "ON SIGNUP"); }
scope_parts(A) ::= scope_parts(P) ON SIGNIN LP row_statements(L) RP. { A = part(p, P, DEFINE_SCOPE_ON_SIGNIN, L, "ON SIGNIN"); }
scope_parts(A) ::= scope_parts(P) ROLES roles(L). { A = part(p, P, DEFINE_SCOPE_ROLES, L, "ROLES"); }
as_opt ::= AS.
as_opt ::= .
row_statements(A) ::= row_statement(X).           { A = make_list(p, NULL, X); }
row_statements(A) ::= row_statements(L) SEMI row_statement(X). { A = make_list(p, L, X); }
row_statements(A) ::= row_statements(A) SEMI.

permissions(A) ::= permissions_of_all(A).
permissions_of_all(A) ::= NONE(K).                      { A = permissions_all(p, K.at, PERMISSION_NONE, NULL); }
permissions_of_all(A) ::= full(K).                      { A = permissions_all(p, at(K), PERMISSION_FULL, NULL); }
full(A) ::= JOIN_KW(X).                          { A = full_word(p, &X); }
permissions_of_all(A) ::= WHERE(K) expr(X).             { A = permissions_all(p, K.at, PERMISSION_WHERE, X); }
permissions(A) ::= permission_list(A).
permission_list(A) ::= permission(X).            { A = make_list(p, NULL, X); }
permission_list(A) ::= permission_list(L) permission(X). { A = permission_add(p, L, X); }
permission_list(A) ::= permission_list(L) COMMA permission(X). { A = permission_add(p, L, X); }
permission(A) ::= FOR(K) operations(O) NONE.     { A = MAKE(PERMISSION, K.at, O | PERMISSION_NONE, NULL); }
permission(A) ::= FOR(K) operations(O) full. { A = MAKE(PERMISSION, K.at, O | PERMISSION_FULL, NULL); }
permission(A) ::= FOR(K) operations(O) WHERE expr(X). { A = MAKE(PERMISSION, K.at, O | PERMISSION_WHERE, X); }
%type operations {uint32_t}
%type operation {uint32_t}
operations(A) ::= operation(A).
operations(A) ::= operations(X) COMMA operation(Y). { A = X | Y; }
operation(A) ::= SELECT.                         { A = PERMISSION_BIT(OPERATION_SELECT); }
operation(A) ::= CREATE.                         { A = PERMISSION_BIT(OPERATION_CREATE); }
operation(A) ::= UPDATE.                         { A = PERMISSION_BIT(OPERATION_UPDATE); }
operation(A) ::= DELETE.                         { A = PERMISSION_BIT(OPERATION_DELETE); }

command(A) ::= ALTER(K) LOGIN name(N) ON level(L) DISABLE. { A = MAKE(ALTER_LOGIN, K.at, ALTER_LOGIN_DISABLE, N, L, NULL); }
command(A) ::= ALTER(K) LOGIN name(N) ON level(L) ENABLE. { A = MAKE(ALTER_LOGIN, K.at, ALTER_LOGIN_ENABLE, N, L, NULL); }
command(A) ::= ALTER(K) LOGIN name(N) ON level(L) PASSWORD new_password(X). { A = MAKE(ALTER_LOGIN, K.at, ALTER_LOGIN_PASSWORD_TO, N, L, X); }
new_password(A) ::= STRING(X).                   { A = make_literal(p, NODE_STRING, &X); }
new_password(A) ::= .                            { A = NULL; if (!p->stored) report_error(p, p->previous_end, "the password is missing"); }

command(A) ::= REMOVE(K) NAMESPACE if_exists(F) name(N). { A = MAKE(REMOVE_NAMESPACE, K.at, F, N); }
command(A) ::= REMOVE(K) database if_exists(F) name(N). { A = MAKE(REMOVE_DATABASE, K.at, F, N); }
command(A) ::= REMOVE(K) LOGIN if_exists(F) name(N) ON level(L). { A = MAKE(REMOVE_LOGIN, K.at, F, N, L); }
command(A) ::= REMOVE(K) TOKEN if_exists(F) name(N) ON token_level(L). { A = MAKE(REMOVE_TOKEN, K.at, F, N, L); }
command(A) ::= REMOVE(K) SCOPE if_exists(F) name(N). { A = MAKE(REMOVE_SCOPE, K.at, F, N); }
command(A) ::= REMOVE(K) TABLE if_exists(F) name(N). { A = MAKE(REMOVE_TABLE, K.at, F, N); }
command(A) ::= REMOVE(K) FIELD if_exists(F) name(N) ON table_word_opt name(T). { A = MAKE(REMOVE_FIELD, K.at, F, N, T); }
command(A) ::= REMOVE(K) ROLE if_exists(F) name(N) ON level(L). { A = MAKE(REMOVE_ROLE, K.at, F, N, L); }

command(A) ::= INFO(K) FOR ROOT.                 { A = MAKE(INFO, K.at, INFO_ROOT, NULL, NULL); }
command(A) ::= INFO(K) FOR NAMESPACE.            { A = MAKE(INFO, K.at, INFO_NAMESPACE, NULL, NULL); }
command(A) ::= INFO(K) FOR database.             { A = MAKE(INFO, K.at, INFO_DATABASE, NULL, NULL); }
command(A) ::= INFO(K) FOR SCOPE name(N).        { A = MAKE(INFO, K.at, INFO_SCOPE, N, NULL); }
command(A) ::= INFO(K) FOR TABLE name(N).        { A = MAKE(INFO, K.at, INFO_TABLE, N, NULL); }
command(A) ::= INFO(K) FOR LOGIN name(N) ON level(L). { A = MAKE(INFO, K.at, INFO_USER, N, L); }

/* --- what could have stood where an error is --- */
%code {
/* The action of a state on a token, without the fallback of keywords to names. */
static YYACTIONTYPE direct_action(YYACTIONTYPE state, int token) {
    if (state > YY_MAX_SHIFT) return state;
    int i = yy_shift_ofst[state] + token;
    if (i >= 0 && i < (int)(sizeof yy_lookahead / sizeof *yy_lookahead) && yy_lookahead[i] == token) return yy_action[i];
    return yy_default[state];
}

/* Whether the parser, as its stack stands, would take the token. */
static bool would_take(const YYACTIONTYPE *stack, int depth, int token) {
    YYACTIONTYPE states[YYSTACKDEPTH + 2];
    memcpy(states, stack, (size_t)depth * sizeof *states);
    for (int steps = 0; steps < 1000; steps++) {
        YYACTIONTYPE action = direct_action(states[depth - 1], token);
        if (action <= YY_MAX_SHIFTREDUCE) return true;
        if (action < YY_MIN_REDUCE) return action == YY_ACCEPT_ACTION;
        int rule = action - YY_MIN_REDUCE;
        depth += yyRuleInfoNRhs[rule];
        if (depth < 1 || depth > YYSTACKDEPTH) return false;
        states[depth] = yy_find_reduce_action(states[depth - 1], yyRuleInfoLhs[rule]);
        depth++;
    }
    return false;
}

/* Tells for each kind of token whether the parser would take it next. */
void sql_grammarExpected(void *memory, bool *ret_expected) {
    struct yyParser *parser = memory;
    YYACTIONTYPE states[YYSTACKDEPTH + 2];
    int depth = 0;
    for (const yyStackEntry *entry = parser->yystack; entry <= parser->yytos && depth <= YYSTACKDEPTH; entry++)
        states[depth++] = entry->stateno;
    for (int kind = 1; kind < YYNTOKEN; kind++) ret_expected[kind] = kind != TK_ANY && would_take(states, depth, kind);
}

/* How much the parser's stack holds. */
size_t sql_grammarDepth(const void *memory) {
    const struct yyParser *parser = memory;
    return (size_t)(parser->yytos - parser->yystack);
}

int sql_grammarTokenCount(void) {
    return YYNTOKEN;
}
}
