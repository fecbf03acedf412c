"""One table: which consumers each outbox event has. `announce` writes one row per consumer named here.

A consumer is named `<service>.<function of its consumers.py>`. TASKS names those that need a provider's secret or an engine: they
run in a task function of their service with that secret bound; every other consumer runs inside `dispatchOutbox` itself.
"""

CONSUMERS: dict[str, tuple[str, ...]] = {
    "product.changed": ("catalogue.index_product",),
    "prescription.changed": ("catalogue.project_prescription",),
    "prescription.reviewed": (
        "catalogue.project_prescription",
        "order.confirm_covered_orders",
        "whatsapp.tell_prescription_reviewed",
    ),
    "order.placed": ("order.project_order", "order.mirror_order"),
    "order.changed": ("order.project_order", "order.mirror_order"),
    "order.confirmed": (
        "order.project_order",
        "order.mirror_order",
        "order.confirm_coupon",
        "delivery.create_delivery",
        "whatsapp.tell_order_confirmed",
    ),
    "order.reduced": (
        "order.project_order",
        "order.mirror_order",
        "order.lower_coupon",
        "payment.refund_reduced_order",
    ),
    "order.returned": ("order.project_order", "order.mirror_order", "payment.refund_reduced_order"),
    "credit_note.issued": ("order.keep_credit_note",),
    "order.shipped": (
        "order.project_order",
        "order.mirror_order",
        "order.keep_invoice",
        "whatsapp.tell_order_shipped",
        "whatsapp.send_delivery_code",
        "payment.credit_earlier_refunds",
    ),
    "order.delivered": ("order.project_order", "order.mirror_order", "whatsapp.tell_order_delivered"),
    "order.cancelled": (
        "order.project_order",
        "order.mirror_order",
        "order.release_coupon",
        "delivery.cancel_delivery",
        "payment.refund_cancelled_order",
        "whatsapp.tell_order_cancelled",
    ),
    "batch.recalled": ("whatsapp.tell_batch_recalled",),
    "payment.changed": ("payment.project_payment",),
    "refund.requested": ("payment.razorpay_refund",),
    "razorpay.reported": ("payment.process_webhook",),
    "refund.processed": ("whatsapp.tell_refund_processed",),
    "delivery.changed": ("delivery.project_delivery",),
    "delivery.code_issued": ("whatsapp.send_delivery_code",),
    "whatsapp.reported": ("whatsapp.process_webhook",),
    "notification.queued": ("whatsapp.queue_message",),
}

TASKS: dict[str, str] = {
    "catalogue.index_product": "indexProducts",
    "order.mirror_order": "mirrorOrders",
    "payment.razorpay_refund": "refundPayments",
    "whatsapp.process_webhook": "processWhatsapp",
}
"""Consumer → the task function that runs it."""
