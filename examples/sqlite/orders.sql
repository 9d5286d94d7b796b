-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
-- An order book: bulk inserts, indices, joins, aggregates, sorting, updates.
create table customer(id integer primary key, name text, city text, since int);
create table item(id integer primary key, title text, price int);
create table orders(id integer primary key, customer int, item int, amount int,
                    day int, note text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
insert into customer select i, 'customer ' || (i * 7919 % 10007),
  'city ' || (i * 31 % 97), 1990 + i * 13 % 30 from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 800)
insert into item select i, 'item ' || (i * 104729 % 7919), 100 + i * 37 % 900
  from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
insert into orders select i, 1 + (i * 48271 % 65537) % 3000,
  1 + (i * 69621 % 65537) % 800, 1 + i % 7, (i * 16807 % 65537) % 365,
  case when i % 5 = 0 then 'express ' || i else 'plain' end from n;
create index by_customer on orders(customer, day);
create index by_item on orders(item);
select city, count(*), sum(amount * price) from orders
  join customer on customer.id = customer join item on item.id = item
  group by city order by 3 desc limit 10;
select title, (select sum(amount) from orders where item = item.id) as sold
  from item order by sold desc, title limit 10;
select day / 30, count(distinct customer), max(amount * price)
  from orders join item on item.id = item group by 1 order by 1;
select name, day, total from (
  select customer, day, sum(amount) over (partition by customer order by day)
    as total from orders where day < 120) join customer on customer.id = customer
  order by total desc, name, day limit 10;
update orders set amount = amount + 1 where note like 'express%7';
delete from orders where day between 200 and 220 and amount < 3;
select count(*), sum(length(note)), sum(amount) from orders;
select upper(substr(name, 1, 12)), count(*) from customer
  where name glob '*[13579]' group by 1 having count(*) > 1 order by 2 desc, 1
  limit 10;
