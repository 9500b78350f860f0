"""What a commissioner has settled about its payments."""

from app.core.repository import TenantRepository
from app.payments.tables import PaymentSettings
from app.schemes.values import ApprovalBand


class SettingsRepository(TenantRepository[PaymentSettings]):
    table = PaymentSettings

    async def list_bands(self) -> list[ApprovalBand]:
        row = await self.find()
        return [ApprovalBand(band["start"], band["approvers"]) for band in row.approval_bands] if row else []
