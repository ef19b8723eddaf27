-- Q01 两个时钟与公司 | core.clocks
select company_name, as_of, known_at, currency_code, time_zone
from core.clocks
