import { Icon, type IconName } from './Icon';

export interface MenuItemProps {
  icon: IconName;
  label: string;
  isDangerous?: boolean;
  onChoose(): void;
}

export function MenuItem({ icon, label, isDangerous = false, onChoose }: MenuItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      class={`menu-item ${isDangerous ? 'menu-item-danger' : ''}`}
      onClick={onChoose}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
}
