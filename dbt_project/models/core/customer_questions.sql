select
    {{ hash_key('questions.crm', "questions.account_id || ' ' || questions.other_crm || ':' || questions.other_account_id") }} as question_key,
    md5(one.customer) as customer_key,
    md5(other.customer) as other_customer_key,
    questions.crm,
    questions.account_id,
    questions.account_name,
    questions.other_crm,
    questions.other_account_id,
    questions.other_account_name,
    questions.why,
    questions.likeness,
    questions.evidence,
    questions.asked_since
from {{ ref('stg_ops__customer_questions') }} as questions
inner join {{ ref('stg_ops__customer_accounts') }} as one
    on questions.crm = one.crm and questions.account_id = one.account_id and one.valid_to is null
inner join {{ ref('stg_ops__customer_accounts') }} as other
    on questions.other_crm = other.crm and questions.other_account_id = other.account_id and other.valid_to is null
