CREATE TABLE `types` (
 id serial, a bool not null default true, b real default 1e3, c dec, d numeric(5) default 12.5, e fixed(4,2) unsigned default '1.1', f float(24) default 0.1, g float(30) default 2.5, h double precision default 1.10,
 i int1, j middleint unsigned, k bigint zerofill, l int(5) zerofill default 7, m tinyint(1) unsigned, n bit default b'1', n2 bit(8) default 5, o year(4) default 2020, p float(7,3) unsigned default 1.5, r int signed, s tinyint(1), t integer(3), u float4, v float8, w int8, x double(10,2) default 1, y boolean not null default false, z decimal(10),
 ca text(100), cb varchar(5) binary, cc char(5) ascii, cd nchar(4), ce char(3) byte, cf long, cg blob(10), ch varchar(5) character set binary, ci enum('a','B ') character set latin1 default 'a', cj text character set latin1, ck text(100) character set latin1, cl nvarchar(3), cm char(4) unicode, cn text binary, co tinytext character set ucs2, cp text character set utf8, cq set('x','y') default 'x,y', cr longtext, cs longblob, ct varbinary(20) default 'ab', cu binary(4) default 'z', cv char, cw national varchar(10), cx character varying(7) collate utf8mb4_bin, cy json,
 da date default '2020-01-01', db datetime default '2020-01-01', dc datetime(6) default current_timestamp(6) on update now(6), dd timestamp null, de timestamp(3) default now(3), df time default '10:00', dg time(6) default '10:00:00.5', dh datetime(3) default '2020-01-01 10:00:00.25',
 ga geometry, gb point not null, gc geometrycollection, gd linestring, ge multipolygon,
 sa varchar(20) default 'it''s \\ "q" \n', sb varchar(10) default 'NULL', sc varchar(30) default 'current_timestamp', sd varchar(10) default 5, se varchar(10) default '', sf varchar(40) default (uuid()), sg int default (1+2), sh int default (5), si int default (-5), sj datetime default (now()), sk date default (curdate()), sl varchar(32) default (lower(hex(random_bytes(16)))), sm varchar(30) default (concat('a', "b", 'é')),
 va int as (t + 1) virtual, vb varchar(30) generated always as (concat(sa, '\\', '''', 'é')) stored comment 'it''s \\ é
 new', vc int generated always as (case when t > 1 and r < 3 or s is not null then 1 else 0 end),
 inv int invisible,
 primary key (t, r desc) comment 'pk', unique key uu (sa(5), sb), key (cr(10)), fulltext key ft (cr), spatial key sp (gb), key `we``ird name` (da, db) comment 'idx ''c'' ', key kinv (sb) ,
 check (s > 0), constraint `ck 2` check (sb in ('a', 'it''s') and sc <> 'x\\y' or not (sd like 'p%')), constraint c3 check (x between 1 and 2)
) comment = 'tab''le' engine=InnoDB row_format=compressed key_block_size=4;
create table parent (id bigint unsigned auto_increment primary key, code varchar(10) not null, n int, unique (code), unique (n, id)) default charset latin1;
create table child (id int primary key, pid bigint unsigned, code varchar(10) character set latin1, n int, constraint fk_a foreign key (pid) references parent(id) on delete cascade on update restrict, foreign key (code) references parent (code) on delete set null, foreign key (pid) references parent(id), self int, foreign key (self) references child(id) on update cascade, foreign key (n, pid) references parent(n, id));
create table `Mixed Case "q" é` (`sel``ect` int, `Order` int, key (`order`, `SEL``ECT`));
create table lat (a varchar(10), b varchar(10) collate latin1_bin, c varchar(10) character set utf8mb4) character set latin1 collate latin1_general_ci;
create table latd (a varchar(10), b varchar(10) character set utf8mb4, e enum('q')) character set utf8mb4;
create table mem (a int, b int, key (a), key (b) using btree) engine=memory;
create table mys (id int, pid bigint unsigned, foreign key (pid) references parent(id)) engine=myisam checksum=1 max_rows=100;
create table p1 (id int, d date, key(id)) partition by range columns(d) subpartition by key (id) subpartitions 2 (partition p0 values less than ('2020-01-01') comment 'c', partition p1 values less than maxvalue);
create table p2 (id int, d date) partition by list (id) (partition p0 values in (1,null,2), partition p1 values in (3));
create table p3 (id int, d varchar(9)) partition by linear key (id) partitions 3;
create table p4 (id int, d varchar(9)) partition by hash (id+1) partitions 2;
create table p5 (id int, d varchar(9)) partition by list columns (id,d) (partition p0 values in ((1,'a'),(2,'b')), partition p1 values in ((3,'c')));
create table p6 (id int not null primary key, d date) partition by range (id) (partition a values less than (10), partition b values less than (maxvalue));
create table lk like lat;
create view v1 as select a, b from lat where a <> 'x';
create view v2 as select v1.a, p.code from v1 join parent p on p.id = 1;
delimiter //
create trigger tr1 before insert on parent for each row begin if new.n > 3 then set new.n = 3; end if; case new.n when 1 then set new.n = 2; else set new.n = 4; end case; end//
delimiter ;
create trigger tr2 after delete on parent for each row delete from lat where a = old.code;
alter table lat add column zz int first, add (y1 int, y2 varchar(3)), rename column c to cc2, modify b varchar(20) not null default 'q' comment 'x', add key (cc2); alter table lat drop column y1;
alter table child drop foreign key fk_a;
create index late on lat (zz desc, b(3));
drop view v2; drop view v1; rename table lat to lat2; create view v1 as select a, b from lat2 where a <> 'x'; create view v2 as select v1.a, p.code from v1 join parent p on p.id = 1;
