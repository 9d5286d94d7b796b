-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
create table t(a, b text, c real, d blob);
insert into t values (1, 'one', 1.5, x'00ff'), (null, '', -0.0, null),
  (9223372036854775807, 'Ünïcode', 1e300, x''), (-5, 'it''s', 0.1, zeroblob(4));
select typeof(a), a + 1, quote(b), c * 3, hex(d) from t;
select a, count(*), total(c), min(b), max(b) from t group by a is null;
select printf('%8.3f|%-6s|%04d|%x', 3.14159, 'ab', 42, 255);
select substr('hello', -3, 2), instr('hello', 'l'), trim('  x '), round(2.567, 2);
select date('2024-02-28', '+2 days'), strftime('%j', '2024-12-31');
create view v as select b, length(b) as n from t where n > 0;
select * from v order by n desc, b collate nocase;
begin;
update t set c = c + 1 where a > 0;
rollback;
select sum(c) from t;
with recursive f(n, x) as (select 1, 1 union all select n + 1, x * (n + 1) from f
  where n < 20) select * from f;
create trigger tr after insert on t begin update t set d = new.b where a = -5; end;
insert into t values (7, 'seven', 7.0, null);
select d from t where a = -5;
select json_extract('{"a":[1,2,{"b":"c"}]}', '$.a[2].b');
create virtual table ft using fts4(body);
insert into ft values ('the quick brown fox'), ('a lazy dog'), ('quick dog');
select docid, body from ft where body match 'quick' order by docid;
explain query plan select * from t where a = 3;
select case when exists (select 1 from t where b = $none) then 1 else 0 end;
pragma integrity_check;
