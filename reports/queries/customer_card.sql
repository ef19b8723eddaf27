-- C01 客户卡 | management.customer_cards
select *
from management.customer_cards
where customer_key = $customer_key
