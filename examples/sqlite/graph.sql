-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
-- A graph and its labels: reachability, degrees, text, another mix of work.
create table node(id integer primary key, label text, weight real);
create table edge(source int, target int, length int,
                  primary key(source, target)) without rowid;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 5999)
insert into node select i, printf('%05x-%s', i * 7927 % 65536,
  case i % 3 when 0 then 'red' when 1 then 'green' else 'blue' end), i * 0.25
  from n;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 23999)
insert or ignore into edge select i % 6000, (i * 30203 + i / 6000 * 17) % 6000,
  1 + i % 50 from n;
create index backwards on edge(target, source);
with recursive reach(id, steps) as (
  select 17, 0 union select target, steps + 1 from reach
  join edge on source = id where steps < 6)
select steps, count(*) from reach group by steps;
select label, count(*) as degree from edge join node on node.id = target
  group by target order by degree desc, label limit 12;
select a.source, sum(a.length + b.length) from edge a
  join edge b on b.source = a.target where a.length % 7 = 3
  group by a.source order by 2 desc, 1 limit 12;
select substr(label, 7), avg(weight), group_concat(distinct id % 10)
  from node group by 1;
select count(*) from node where label like '%a%-b%' or replace(label, '0', '')
  between '4' and '8';
select id, rank() over (partition by id % 13 order by label) as place
  from node order by place desc, id limit 12;
